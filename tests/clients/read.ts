// What a program reads through openapi-fetch, by the types that openapi-typescript has made: node read.js ADDRESS PICTURES
import { openAsBlob } from "node:fs";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl, pictures] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });

async function form(...names: string[]) {
  const data = new FormData();
  for (const name of names) data.append("image", await openAsBlob(`${pictures}/${name}`), name);
  return { body: { image: "" }, bodySerializer: () => data };
}

const painting = await form("painting.jpg");
const query = { details: true, similar: true };
const details = (await client.POST("/prediction", { params: { query }, ...painting })).data!.data;
const two = await form("painting.jpg", "notes.txt");
const many = (await client.POST("/predictions", { ...two, body: { image: [] } })).data!.data;
const png = (await client.POST("/explanation/picture", { ...painting, parseAs: "arrayBuffer" })).data as unknown as ArrayBuffer;
const map = (await client.POST("/explanation/heatmap", painting)).data!.data;
const { error } = await client.POST("/prediction", await form("notes.txt"));
const { data: genres } = await client.GET("/genres");

console.log(
  JSON.stringify({
    genre: details.image_types_prediction,
    scores: details.scores!.length,
    version: details.model!.version,
    certain: details.certain,
    artist: details.similar![0].artist,
    many: many.map((entry) => entry.status.code),
    png: Buffer.from(png.slice(0, 8)).toString("hex"),
    heatmap: map.heatmap.length,
    error: error!.status.error,
    genres: genres!.data.length,
  }),
);
