// What comes from outside, a value at a time: each function gives the value back, or fails where it is not of the kind or out of range.

class Misshapen extends Error {}

// What read() gives, or null where something in it is misshapen.
export function understood(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Misshapen) return null;
    throw error;
  }
}

export function text(value, most = 200) {
  need(typeof value === "string" && value.length <= most);
  // Half of a surrogate pair can be no part of an address.
  return value.toWellFormed?.() ?? value;
}

export function name(value, most) {
  need(value !== "");
  return text(value, most);
}

export function figure(value, least = 0, most = Number.MAX_VALUE) {
  need(typeof value === "number" && value >= least && value <= most);
  return value;
}

export function share(value) {
  return figure(value, 0, 1);
}

export function whole(value) {
  need(Number.isSafeInteger(value));
  return figure(value);
}

export function truth(value) {
  need(typeof value === "boolean");
  return value;
}

// ISO text of a moment.
export function time(value) {
  need(/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text(value)));
  const date = new Date(value);
  need(!Number.isNaN(date.getTime()));
  return date.toISOString();
}

export function oneOf(value, values) {
  need(values.includes(value));
  return value;
}

export function picture(value) {
  need(value instanceof Blob);
  return value;
}

export function object(value) {
  need(typeof value === "object" && value !== null && !Array.isArray(value));
  return value;
}

export function list(value, most, read) {
  need(Array.isArray(value) && value.length <= most);
  return Array.from(value, (one) => read(one));
}

export function some(value, most, read) {
  need(value?.length !== 0);
  return list(value, most, read);
}

// Absent and null are the same.
export function optional(value, read, without = null) {
  return value === undefined || value === null ? without : read(value);
}

function need(isSo) {
  if (!isSo) throw new Misshapen();
}
