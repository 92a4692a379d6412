/** What a patient filled into a widget's form, in the shape that the widget API takes. */

/**
 * @param {FormData} values
 * @returns {{ patient: Record<string, string | null>, answers: Record<string, string>, reason: string, accept_terms: boolean }}
 */
export function answersOf(values) {
  const patient = birthDate(values);
  /** @type {Record<string, string>} */
  const answers = {};
  for (const [name, value] of values) {
    const [group, key] = name.split(".");
    if (group === "patient") patient[key] = String(value);
    if (group === "answers") answers[key] = String(value);
  }
  return { patient, answers, reason: text(values, "reason"), accept_terms: values.has("accept_terms") };
}

/** @param {FormData} values @returns {Record<string, string | null>} */
function birthDate(values) {
  if (!values.has("birth_year")) return {};
  const [year, month, day] = ["birth_year", "birth_month", "birth_day"].map((name) => digits(text(values, name)));
  const nothing = !year && !month && !day;
  return { birth_date: nothing ? null : `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` };
}

/** Figures of other scripts as the server reads them. @param {string} written */
function digits(written) {
  return written.normalize("NFKC").replace(/\p{Nd}/gu, (digit) => String(valueOf(digit)));
}

/** Each script's ten figures follow one another, and the zero's number ends with them. @param {string} digit */
function valueOf(digit) {
  let zero = digit.codePointAt(0) ?? 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && (digit.codePointAt(0) ?? 0) - zero < 9) zero -= 1;
  return (digit.codePointAt(0) ?? 0) - zero;
}

/** @param {FormData} values @param {string} name */
function text(values, name) {
  return String(values.get(name) ?? "").trim();
}
