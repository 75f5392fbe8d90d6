// What DeepL's Node client gets from the service whose address is the argument, as one JSON object.
import { DeepLClient, GlossaryEntries } from "deepl-node";

const [serverUrl] = process.argv.slice(2);
const api = new DeepLClient("any", { serverUrl, maxRetries: 1 });
const text = "Where is my order?";

const one = await api.translateText(text, "en", "zh");
const list = await api.translateText([text, "你好啊"], null, "zh-HANS", {
  splitSentences: "nonewlines",
  preserveFormatting: true,
  formality: "prefer_less",
  context: "A shop.",
  tagHandling: "xml",
  outlineDetection: false,
  ignoreTags: ["x", "y"],
  splittingTags: "p,br",
  nonSplittingTags: ["b"],
  modelType: "latency_optimized",
});
const entries = new GlossaryEntries({ entries: { refund: "退款", order: "订单" } });
const glossary = await api.createGlossary("Shop", "en", "zh", entries);
const terms = (await api.getGlossaryEntries(glossary)).entries();
const withGlossary = await api.translateText(text, "en", "zh", { glossary });
const listed = (await api.listGlossaries()).map(({ glossaryId }) => glossaryId);
await api.deleteGlossary(glossary);
const gone = await api.getGlossary(glossary.glossaryId).catch((error) => error.constructor.name);

const dictionary = { sourceLangCode: "en", targetLangCode: "zh", entries };
const several = await api.createMultilingualGlossary("Shop", [dictionary]);
await api.createMultilingualGlossaryWithCsv("Back", "zh", "en", "退款,refund");
await api.updateMultilingualGlossaryName(several, "Store");
await api.updateMultilingualGlossaryDictionary(several, {
  ...dictionary,
  entries: new GlossaryEntries({ entries: { day: "天" } }),
});
const dictionaryTerms = await api.getMultilingualGlossaryDictionaryEntries(several, "en", "zh");
const replaced = await api.replaceMultilingualGlossaryDictionary(several, dictionary);
const severalListed = await api.listMultilingualGlossaries();
for (const { glossaryId } of severalListed) await api.deleteMultilingualGlossary(glossaryId);

const refuse = (promise) => promise.catch((error) => error.message);
console.log(
  JSON.stringify({
    one,
    list,
    glossary,
    terms,
    withGlossary,
    isListed: listed.includes(glossary.glossaryId),
    gone,
    dictionaryTerms: dictionaryTerms.entries.entries(),
    replaced,
    names: severalListed.map(({ name }) => name).sort(),
    usage: await api.getUsage(),
    sources: await api.getSourceLanguages(),
    targets: await api.getTargetLanguages(),
    pairs: await api.getGlossaryLanguagePairs(),
    refusal: await refuse(api.translateText(text, "en", "de")),
    formality: await refuse(api.translateText(text, "en", "zh", { formality: "more" })),
  }),
);
