# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon Web Services and Microsoft Entra ID on one machine, as strict as the real ones where federation depends on
it.
"""
