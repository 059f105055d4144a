import { randomInt } from "node:crypto";

const adverbs =
  "boldly brightly calmly clearly eagerly fairly firmly freely gently gladly greatly kindly largely lightly neatly nicely plainly quietly rarely readily simply smoothly softly warmly".split(
    " ",
  );
const adjectives =
  "able amber apt brave brisk calm clear clever cosmic dear eager fair fine fleet fond gentle glad golden grand happy humble keen kind light lively loyal mellow merry modest neat noble patient plucky polite proud quick quiet ready sharp smart steady sunny swift tidy true warm wise witty".split(
    " ",
  );
const animals =
  "badger beetle bison bobcat camel condor crane cricket dolphin eagle falcon ferret finch fox gecko gull hare heron ibex jackal koala lemur lizard lynx mantis marten mole moose newt ocelot octopus oriole otter owl panda perch puffin quail raven robin salmon seal shrew stork swan tapir thrush toad trout viper walrus weasel wren yak".split(
    " ",
  );

/** Words that make a name: adverbs, one adjective, one animal; with one word the animal alone. */
export function petName(words: number, separator: string): string {
  const parts = [pick(animals)];
  if (words > 1) parts.unshift(pick(adjectives));
  while (parts.length < words) parts.unshift(pick(adverbs));
  return parts.join(separator);
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? "";
}
