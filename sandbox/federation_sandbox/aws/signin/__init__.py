# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS sign-in: verifies a SAML response with xmlsec, opens a role session, and from there a console session."""
