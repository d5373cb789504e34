/**
 * A word for each byte, to be read aloud: short nouns that a child knows, no two of which differ by
 * one letter alone. Both sides of a comparison must have the very same list: words and order never change.
 */
const WORDS = `
  acorn alarm album amber anchor ankle apple apron arrow atlas autumn awning bacon badge baker
  bamboo banana banjo barrel basil basket beaver bench berry bicycle biscuit bishop blanket
  blossom bonfire bottle branch bread brick bridge broom bubble bucket buffalo bugle butter
  button cabbage cabin cactus camel candle canoe canyon carbon carpet carrot castle cedar
  cellar cement chalk cheese cherry chimney cinema circus clover cobweb coconut coffee comet
  compass copper coral cotton cougar cousin coyote cradle crayon cricket crystal cupboard
  curtain cushion cypress daisy dancer dentist desert diamond dinner dolphin domino donkey
  dragon drawer drummer dungeon eagle easel eclipse elbow elephant emerald engine envelope
  fabric falcon farmer feather fender fiddle finger flamingo flute forest fossil fountain
  galaxy garage garden garlic gazelle gecko giraffe glacier glove goblet gondola gorilla
  granite grape gravel guitar hammer hammock harbor harvest hazel hedge helmet heron hockey
  honey hornet hotel husky iceberg igloo infant insect island ivory jacket jaguar jasmine
  jelly jigsaw jungle kayak kettle kitchen kiwi koala ladder lagoon lantern lemon leopard
  lettuce library lighthouse lizard lobster locker lotus magnet mango maple marble meadow
  mirror mitten mosaic mosquito muffin museum mustard napkin needle nickel noodle nutmeg oasis
  octopus olive onion orchid oyster paddle palace panda papaya pebble pelican pencil pepper
  piano pigeon pillow pirate planet pony potato pretzel pumpkin puzzle pyramid quartz rabbit
  raccoon radish raven ribbon river rocket sailor salmon sandal saturn scarf shovel silver
  spider sponge squirrel summit temple tiger timber tomato tractor trumpet tulip tunnel turtle
  velvet violin volcano waffle wagon walnut walrus whistle windmill window yogurt zebra zipper
`
  .trim()
  .split(/\s+/);

/** @returns as many words as there are bytes. */
export function wordsOf(bytes: Uint8Array): readonly string[] {
  return Array.from(bytes, (byte) => WORDS[byte] ?? '');
}
