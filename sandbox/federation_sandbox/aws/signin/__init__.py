# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS sign-in: what comes in as a SAML response, verified with xmlsec, goes out as a role session and, from there, into
the console.
"""
