// What Google's client (v2) gets from the service at GOOGLE_CLOUD_TRANSLATE_ENDPOINT, as one JSON object.
import { v2 } from "@google-cloud/translate";

const client = new v2.Translate({ key: "any", autoRetry: false });
const [text] = await client.translate("Where is my order?", { from: "en", to: "zh-CN" });
const [list, answer] = await client.translate(["Where is my order?", "你好啊"], "zh-CN");
const [html] = await client.translate("<p>Where is my order?</p>", { from: "en", to: "zh-CN" });
const [detected] = await client.detect("我想退货。");
const [languages] = await client.getLanguages();
const refusal = await client
  .translate("Hello", { from: "en", to: "de" })
  .catch(({ code, errors }) => ({ code, reason: errors[0].reason }));

console.log(JSON.stringify({ text, list, answer, html, detected, languages, refusal }));
