// What npm's libretranslate gets from the service whose address is the argument, as one JSON object.
import { translate } from "libretranslate";

const [apiurl] = process.argv.slice(2);
const ask = (query, source, target) => translate({ apiurl, query, source, target });

const refusal = await ask("Hello", "en", "de").catch((error) => error.message);
console.log(
  JSON.stringify({
    text: await ask("Where is my order?", "en", "zh"),
    list: await ask(["Where is my order?", ""], "auto", "zh"),
    refusal,
  }),
);
