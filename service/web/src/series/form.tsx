// The question: an indicator, a place, and how to narrow them.

import { useEffect, useState } from "preact/hooks";
import { say, sayCode } from "../shared/language";
import type { Field, Query } from "./address";
import type { Choice } from "./answer";
import { Combobox } from "./combobox";
import { indicatorName } from "./written";

const FREQUENCIES = [
  "annual",
  "semi_annual",
  "quarterly",
  "monthly",
  "nine_month",
  "to_date",
  "multi_year",
  "moment",
] as const;

interface Asking {
  query: Query;
  /** What the service took the indicator for, once it has answered. */
  indicator: Choice | null;
  search: (query: Query) => void;
}

export function Form({ query, indicator, search }: Asking) {
  const [typed, setTyped] = useState(query);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const key = Object.values(query).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address changed, not what it is kept in
  useEffect(() => {
    setTyped(query);
    if (chosen?.id !== query.indicator) setChosen(null);
  }, [key]);
  useEffect(() => {
    if (indicator !== null) setChosen(indicator);
  }, [indicator]);

  const set = (field: Field) => (event: { currentTarget: { value: string } }) =>
    setTyped({ ...typed, [field]: event.currentTarget.value });
  const asked = (): Query => {
    const trimmed = Object.fromEntries(Object.entries(typed).map(([name, value]) => [name, value.trim()])) as Query;
    return chosen === null ? trimmed : { ...trimmed, indicator: chosen.id };
  };
  return (
    <form
      class="asking"
      onSubmit={(event) => {
        event.preventDefault();
        search(asked());
      }}
    >
      <Combobox
        text={chosen === null ? typed.indicator : indicatorName(chosen)}
        typed={(text) => {
          setChosen(null);
          setTyped({ ...typed, indicator: text });
        }}
        chosen={(choice) => {
          setChosen(choice);
          search({ ...asked(), indicator: choice.id });
        }}
      />
      <label class="place">
        {say("place")}
        <input
          name="place"
          value={typed.place}
          onInput={set("place")}
          maxLength={200}
          placeholder={say("place_hint")}
        />
      </label>
      <label class="year">
        {say("from")}
        <input name="from" value={typed.from} onInput={set("from")} maxLength={10} placeholder="2015" />
      </label>
      <label class="year">
        {say("to")}
        <input name="to" value={typed.to} onInput={set("to")} maxLength={10} placeholder="2025" />
      </label>
      <label>
        {say("frequency")}
        <select name="frequency" value={typed.frequency} onChange={set("frequency")}>
          <option value="">{say("all_frequencies")}</option>
          {FREQUENCIES.map((name) => (
            <option key={name} value={name}>
              {sayCode(name)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("breakdown")}
        <select name="breakdown" value={typed.breakdown} onChange={set("breakdown")}>
          <option value="">{say("wholes")}</option>
          <option value="all">{say("with_parts")}</option>
          {typed.breakdown !== "" && typed.breakdown !== "all" && (
            <option value={typed.breakdown}>{typed.breakdown}</option>
          )}
        </select>
      </label>
      <button type="submit">{say("show")}</button>
    </form>
  );
}
