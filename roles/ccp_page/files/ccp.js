// SPDX-FileCopyrightText: openccp.federation contributors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signs an agent in and shows the Contact Control Panel. The sign-in pages refuse to be framed, so they get a window of their own, which a
// person's click opens; Amazon Connect Streams loads the panel's frame again until it finds the session.
"use strict";
(async () => {
  const response = await fetch("config.json", { cache: "no-cache" });
  const config = await response.json();
  const texts = config.texts;
  const own = (name) => `openccp-${name} ${config.ccp_url}`; // several pages may share a host
  const element = (id) => document.getElementById(id);

  let phase = "idle"; // loading, ready, given-up or ended
  let popup = null;
  let watch = null;

  const show = (id, text) => {
    element(id).hidden = !text;
    element(id).textContent = text || "";
  };
  const reveal = (id, visible) => {
    element(id).hidden = !visible;
  };
  const say = (message, causes = []) => {
    element("message").textContent = message;
    element("causes").replaceChildren(...causes.map((cause) => Object.assign(document.createElement("li"), { textContent: cause })));
    reveal("causes", causes.length > 0);
  };

  // --- signing in ---

  const signIn = () => {
    popup = window.open(config.login_url, own("sign-in"), "popup,width=500,height=680");
    reveal("by-hand", !popup);
    say(popup ? texts.signing_in : texts.popup_blocked);
    clearInterval(watch);
    watch = popup && setInterval(tellOfClosedWindow, 1000);
    if (phase === "ended") {
      element("panel").replaceChildren(); // what is left of the session still answers Streams, as if it were the panel
      connect.core.reauthenticateAfterLogout();
    } else if (phase !== "loading") {
      loadPanel();
    }
    phase = "loading";
  };

  const tellOfClosedWindow = () => {
    if (popup.closed) {
      clearInterval(watch);
      say(texts.closed_early, [texts.not_onboarded, texts.cookies_blocked, texts.origin_not_approved]);
      show("sign-in", texts.sign_in_again);
    }
  };

  // --- the panel ---

  const loadPanel = () => {
    if (phase === "given-up") {
      connect.core.terminate(); // Streams tries ten times, and then begins again only from the start
      element("panel").replaceChildren();
    }
    reveal("panel", true);
    connect.core.initCCP(element("panel"), {
      ccpUrl: config.ccp_url,
      loginUrl: config.login_url,
      loginPopup: false, // a window that no click opens is blocked
      loginOptions: { disableAuthPopupAfterLogout: true },
      region: config.region,
      ccpLoadTimeout: config.load_timeout,
      softphone: { allowFramedSoftphone: true },
      iframeTitle: texts.panel,
    });
    connect.core.getEventBus().subscribe(connect.EventType.ACKNOWLEDGE, onPanel);
    connect.core.onIframeRetriesExhausted(onGivenUp);
    connect.core.onAuthFail(onSessionEnded);
    connect.core.onAccessDenied(() => say(texts.access_denied));
    connect.agent((agent) => {
      showAgent(agent);
      agent.onRefresh(showAgent);
    });
  };

  const onPanel = () => {
    if (phase === "ready" || phase === "ended") {
      return;
    }
    phase = "ready";
    clearInterval(watch);
    popup?.close();
    sessionStorage.setItem(own("signed-in"), "yes");
    reveal("panel", true);
    show("sign-in", "");
    reveal("by-hand", false);
    show("sign-out", texts.sign_out);
    say("");
    tellOfMicrophone();
  };

  const onGivenUp = () => {
    phase = "given-up";
    clearInterval(watch);
    reveal("panel", false);
    sessionStorage.removeItem(own("signed-in"));
    const elsewhere = texts.other_address.replaceAll("{host}", new URL(config.ccp_url).host);
    say(texts.given_up, [texts.still_signing_in, texts.not_onboarded, texts.cookies_blocked, texts.origin_not_approved, elsewhere]);
    show("sign-in", texts.try_again);
  };

  const onSessionEnded = () => {
    phase = "ended";
    show("sign-out", "");
    reveal("agent", false);
    say(texts.session_ended);
    show("sign-in", texts.sign_in_again);
  };

  const showAgent = (agent) => {
    reveal("agent", true);
    show("agent-name", agent.getName());
    show("agent-state", agent.getState().name);
  };

  const tellOfMicrophone = async () => {
    const permission = await navigator.permissions.query({ name: "microphone" }).catch(() => null);
    if (permission?.state === "denied") {
      say(texts.no_microphone);
    }
  };

  // --- signing out ---

  const signOut = async () => {
    const answer = await fetch(config.logout_url, { credentials: "include", mode: "no-cors" }).catch(() => null);
    sessionStorage.removeItem(own("signed-in"));
    sessionStorage.setItem(own("signed-out"), answer ? texts.signed_out : texts.sign_out_failed);
    location.reload();
  };

  // --- one tab holds the panel: Amazon Connect gives a call to one of several, and nobody knows which ---

  const start = () => {
    const farewell = sessionStorage.getItem(own("signed-out"));
    sessionStorage.removeItem(own("signed-out"));
    show("sign-in-link", texts.sign_in_by_hand);
    element("sign-in-link").href = config.login_url;
    element("sign-in-link").target = own("sign-in");
    show("use-here", "");
    if (typeof connect === "undefined") {
      say(texts.no_library);
      return;
    }
    show("sign-in", texts.sign_in);
    say(farewell || texts.welcome);
    if (sessionStorage.getItem(own("signed-in"))) {
      say(texts.returning);
      loadPanel();
      phase = "loading";
    }
  };

  const takePanel = async (options) => {
    try {
      await navigator.locks.request(own("panel"), options, (lock) => {
        if (lock) {
          start();
          return new Promise(() => {});
        }
        say(texts.other_tab);
        show("use-here", texts.use_here);
        return null;
      });
    } catch (error) {
      if (error.name !== "AbortError") {
        throw error;
      }
      sessionStorage.removeItem(own("signed-in"));
      location.reload(); // another tab has taken the panel
    }
  };

  element("sign-in").addEventListener("click", signIn);
  element("sign-out").addEventListener("click", signOut);
  element("use-here").addEventListener("click", () => takePanel({ steal: true }));
  takePanel({ ifAvailable: true });
})();
