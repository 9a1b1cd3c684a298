// SPDX-FileCopyrightText: openccp.federation contributors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The panel's end of the conversation with Amazon Connect Streams, by postMessage, as version 2.28.2 of that library holds it:
// each message is {event, data}; the panel acknowledges by itself once it has loaded, and answers every "synchronize".
"use strict";
{
  const streamId = crypto.randomUUID();
  const configuration = JSON.parse(document.getElementById("configuration").textContent);
  const states = new Map(configuration.agentStates.map((state) => [state.agentStateARN, state]));
  let current = configuration.agentStates.find((state) => state.type === "offline");
  let since = new Date();

  const tell = (event, data) => window.parent.postMessage({ event, data }, "*");

  const update = () => {
    document.getElementById("state").textContent = current.name;
    const state = { ...current, startTimestamp: since, duration: Date.now() - since.getTime() };
    tell("agent::update", { configuration, snapshot: { state, contacts: [], agentAvailabilityState: { state: current.name } } });
  };

  const requests = {
    putAgentState: ({ state }) => {
      if (!states.has(state?.agentStateARN)) {
        throw new Error("There is no such agent state.");
      }
      current = states.get(state.agentStateARN);
      since = new Date();
      update();
      return {};
    },
    getAgentSnapshot: () => ({ snapshot: { state: current, contacts: [] } }),
    getAgentConfiguration: () => ({ configuration }),
  };

  const answer = ({ requestId, method, params }) => {
    const reply = { event: "api_response", requestId, err: null, data: null };
    try {
      if (!requests[method]) {
        throw new Error(`The sandbox's panel has no method ${method}.`);
      }
      reply.data = requests[method](params);
    } catch (error) {
      reply.err = error.message;
    }
    tell("api_response", reply);
  };

  if (window.parent !== window) {
    window.addEventListener("message", (message) => {
      if (message.source !== window.parent || !message.data) {
        return;
      }
      if (message.data.event === "synchronize") {
        tell("acknowledge", { id: streamId });
      } else if (message.data.event === "api_request") {
        answer(message.data.data);
      }
    });
    tell("acknowledge", { id: streamId });
    update();
  }
}
