/** Server-sent events of a POST: EventSource can only GET, so the body is read as it comes. */

/**
 * The events of a `text/event-stream` body, in order; comment lines (heartbeats) are passed over.
 * WHATWG HTML, section 9.2.6, as far as the service uses it: `event` and `data`.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
export async function* readEvents(body) {
  let event = { name: "message", lines: [] };
  for await (const line of readLines(body)) {
    if (line !== "") {
      takeLine(event, line);
      continue;
    }
    if (event.lines.length) yield { name: event.name, data: JSON.parse(event.lines.join("\n")) };
    event = { name: "message", lines: [] };
  }
}

function takeLine(event, line) {
  const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
  if (field === "event") event.name = value;
  else if (field === "data") event.lines.push(value);
}

/** The lines of a body of UTF-8, however its chunks fall; the end without a line break is no line. */
async function* readLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    yield* lines;
  }
}
