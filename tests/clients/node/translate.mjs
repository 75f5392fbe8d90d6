// What npm's translate gets from the service whose address is the argument, as one JSON object.
import translate from "translate";

const [address] = process.argv.slice(2);
translate.engine = "libre";
translate.url = `${address}/translate`;

const refusal = await translate("Hello", { from: "en", to: "de" }).catch((error) => error.message);
console.log(
  JSON.stringify({ text: await translate("Where is my order?", { from: "en", to: "zh" }), refusal }),
);
