// What a person does with six pictures, in Firefox: node firefox.mjs FIREFOX ADDRESS DOWNLOADS PICTURE...
// Prints what the page said as JSON: each step's text by its name, and every line of the console and error of the page.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const [executablePath, address, downloads, ...pictures] = process.argv.slice(2);
// For what a busy machine makes slow.
const timeout = 120_000;
const told = { wrong: [] };
const userDataDir = await mkdtemp(join(tmpdir(), "firefox-"));
const extraPrefsFirefox = { "browser.download.folderList": 2, "browser.download.dir": downloads, "intl.accept_languages": "en-GB" };
const started = { browser: "firefox", executablePath, headless: true, userDataDir, timeout, protocolTimeout: timeout, extraPrefsFirefox };
const browser = await puppeteer.launch(started);

async function walk(page) {
  const text = (selector) => page.$eval(selector, (element) => element.textContent.trim());
  const until = (test, ...values) => page.waitForFunction(test, { timeout, polling: 100 }, ...values);
  const says = (selector, part) => until((s, p) => document.querySelector(s)?.textContent.includes(p), selector, part);

  await page.goto(address);
  // The keys 1 to 9 are those of the genres.
  await says("#genres-list dt", "A");
  await (await page.$("#files")).uploadFile(...pictures);
  await says("#count", `${pictures.length} of ${pictures.length} answered`);
  await until((count) => document.querySelectorAll(".tile img[src]").length === count, pictures.length);

  await page.focus(".tile");
  await page.keyboard.press("Enter");
  await until(() => document.getElementById("look").open && document.getElementById("look-picture").naturalWidth > 0);
  told.genre = await text("#look-title");
  await page.keyboard.press("m");
  await until(() => !document.getElementById("look-layer").hidden);
  await page.keyboard.press("Escape");
  await until(() => document.activeElement.classList.contains("tile"));
  await page.keyboard.press("y");
  await says(".tile .mark", "agreed");
  // At once: what was said is kept already.
  await page.reload();
  await says("#restored-text", `nowhere else: ${pictures.length}.`);
  await says(".tile .mark", "agreed");

  await page.click("#exports > summary");
  await page.click("#save-csv");
  while (!(told.csv = await readFile(join(downloads, "ragam.csv"), "utf8").catch(() => ""))) await new Promise((resolve) => setTimeout(resolve, 100));

  await page.click("#view-table");
  await until((count) => document.querySelectorAll("#rows tr[data-id]").length === count, pictures.length);
  await page.select("#language", "id");
  await says("#works-title", "Gambar Anda");
  await page.setViewport({ width: 320, height: 700 });
  await until(() => document.documentElement.scrollWidth === document.documentElement.clientWidth);
}

try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && told.wrong.push(message.text()));
  page.on("pageerror", (error) => told.wrong.push(String(error)));
  await walk(page);
} finally {
  await browser.close();
  await rm(userDataDir, { recursive: true, force: true });
}
console.log(JSON.stringify(told));
