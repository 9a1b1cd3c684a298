# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon Cognito user pools: the API that sets them up, and the sign-in of their people through SAML."""
