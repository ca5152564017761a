// The parts of the service's answers that pages read; docs/api.md has them all.

export interface Period {
  text: string;
  start: string | null;
  end: string | null;
}

export interface Span {
  id: string;
  label: string;
  start: number;
  end: number;
  text: string;
}

export interface Figure {
  id: string;
  start: number;
  end: number;
  text: string;
  kind: "level" | "change" | "share" | "attainment";
  value: string | null;
  unit: { text: string } | null;
  table_unit?: { text: string } | null;
  phrase: string | null;
  indicator: string | null;
  period: Period | null;
}

export interface Observation {
  indicator: { text: string; path: string[]; catalogue: { id: string; name: string; score: number } | null };
  period: Period | null;
  status: string;
  level: string | null;
  repeats: string[];
  changes: string[];
  shares: string[];
  attainments: string[];
}

export interface Extraction {
  document: {
    id: string;
    kind?: string | null;
    text?: string | null;
    place: { name: string | null; text: string } | null;
    period: Period | null;
  };
  spans: Span[];
  figures: Figure[];
  observations: Observation[];
  warnings: { code: string; message: string }[];
}
