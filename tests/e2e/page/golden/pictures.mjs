// The pictures of the documentation: which there are, and how each is taken. The same each time: recorded answers, the clock
// of the recording, no motion, named fonts, one way to draw letters.
import { says } from '../operator.mjs';
import { lastTurn, newUser, waitForAnswer, waitForStep } from '../browser.mjs';
import { Replay } from './replay.mjs';

export const images = new URL('../../../../docs/images/', import.meta.url);

const kChat = { width: 1200, height: 860 };
const kConsole = { width: 1240, height: 940 };
const kPhone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const light = (viewport) => ({ colorScheme: 'light', viewport });
const dark = (viewport) => ({ colorScheme: 'dark', viewport });

async function showAnswer(page) {
  await waitForAnswer(page);
  await lastTurn(page).getByText('SQL', { exact: true }).click();
}
const showSteps = (page) => waitForStep(page, 4);
const isWell = (page) => says(page, 'All is well.');
const isCritical = (page) => says(page, 'Memory is critical');
async function showTimeline(page) {
  await page.getByRole('button', { name: /^Which 5 movies/ }).first().click();
  await page.getByRole('dialog').getByText('the client has acknowledged it').waitFor();
}

/** `state`: the recording; `path`: the page; `show`: until what is to be seen is there. */
export const pictures = [
  { name: 'page-welcome-light', state: 'welcome', path: '/#/threads/new', options: light(kChat), show: (page) => page.getByRole('list', { name: 'Examples' }).waitFor() },
  { name: 'page-working-dark', state: 'working', path: '/#/threads/kenya', options: dark(kChat), show: showSteps },
  { name: 'page-answer-light', state: 'answer', path: '/#/threads/japan', options: light(kChat), show: showAnswer },
  { name: 'page-answer-dark', state: 'answer', path: '/#/threads/japan', options: dark(kChat), show: showAnswer },
  { name: 'page-phone', state: 'answer', path: '/#/threads/japan', options: { colorScheme: 'light', ...kPhone }, show: showAnswer },
  { name: 'console-light', state: 'console-well', path: '/console', options: light(kConsole), show: isWell },
  { name: 'console-critical', state: 'console-critical', path: '/console', options: light(kConsole), show: isCritical },
  { name: 'console-dark', state: 'console-critical', path: '/console', options: dark(kConsole), show: isCritical },
  { name: 'console-phone', state: 'console-critical', path: '/console', options: { colorScheme: 'light', ...kPhone }, show: isCritical },
  { name: 'console-run', state: 'console-run', path: '/console', options: light(kConsole), show: showTimeline },
];

/** Before the page has begun: a machine that has more fonts would take others. */
function nameFonts() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(':root { font-family: Inter !important; --mono: "DejaVu Sans Mono" !important; } * { caret-color: transparent !important; }');
  document.adoptedStyleSheets = [sheet];
}

/** A font that is not there leaves the width of a line to the next one. */
function hasFonts() {
  const ink = document.createElement('canvas').getContext('2d');
  const width = (font) => ((ink.font = `20px ${font}`), ink.measureText('Holdfast 0123456789 WWiill').width);
  return width('Inter, monospace') !== width('monospace') && width('"DejaVu Sans Mono", sans-serif') !== width('sans-serif');
}

/** As PNG. `program`: the address of a server, for its pages. `change`: what a test of the comparison does to the page. */
export async function take(program, { state, path, options, show }, change) {
  const replay = await Replay.open(program, state);
  const user = await newUser({ ...options, reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' });
  try {
    const page = await user.context.newPage();
    await page.clock.setFixedTime(replay.at);
    await page.addInitScript(nameFonts);
    await page.goto(replay.base + path);
    await show(page);
    await change?.(page);
    await page.evaluate(() => document.fonts.ready);
    await page.mouse.move(0, 0);
    // What is drawn on a canvas follows the page by a frame.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    if (!(await page.evaluate(hasFonts))) throw new Error('Inter or DejaVu Sans Mono is not installed: script/bootstrap --with-tests');
    const picture = await page.screenshot({ animations: 'disabled' });
    if (user.complaints.length > 0) throw new Error(user.complaints.join('\n'));
    if (replay.unknown.length > 0) throw new Error(`not recorded (npm run record): ${replay.unknown.join(', ')}`);
    return picture;
  } finally {
    await user.close();
    replay.close();
  }
}
