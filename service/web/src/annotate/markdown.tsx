// Draws a document in Markdown that was read when the pages were built. What is not known here is drawn as its words.

import type { Token, Tokens } from "marked";
import { type ComponentChild, h } from "preact";

export const Markdown = ({ tokens }: { tokens: readonly Token[] }) => <>{tokens.map(drawn)}</>;

function drawn(token: Token, key: number): ComponentChild {
  const inside = () =>
    "tokens" in token && token.tokens ? token.tokens.map(drawn) : "text" in token ? token.text : "";
  switch (token.type) {
    case "heading":
      // The panel has a heading of its own above.
      return h(`h${Math.min(token.depth + 1, 6)}`, { key }, inside());
    case "paragraph":
      return <p key={key}>{inside()}</p>;
    case "strong":
      return <strong key={key}>{inside()}</strong>;
    case "em":
      return <em key={key}>{inside()}</em>;
    case "codespan":
      return <code key={key}>{token.text}</code>;
    case "list": {
      const items = (token as Tokens.List).items.map((item, at) => <li key={at}>{item.tokens.map(drawn)}</li>);
      return token.ordered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
    case "table":
      return <Table key={key} table={token as Tokens.Table} />;
    case "space":
      return null;
    default:
      return "tokens" in token || "text" in token ? inside() : token.raw;
  }
}

const Table = ({ table }: { table: Tokens.Table }) => (
  <table>
    <thead>
      <tr>
        {table.header.map((cell, at) => (
          <th key={at}>{cell.tokens.map(drawn)}</th>
        ))}
      </tr>
    </thead>
    <tbody>
      {table.rows.map((row, number) => (
        <tr key={number}>
          {row.map((cell, at) => (
            <td key={at}>{cell.tokens.map(drawn)}</td>
          ))}
        </tr>
      ))}
    </tbody>
  </table>
);
