# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph v1.0, as far as SAML enterprise applications need it."""
