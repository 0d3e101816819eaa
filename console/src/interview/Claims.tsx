import type { ComponentChildren } from "preact";
import type { Claim } from "../api/client";
import { isFound } from "../model/evidence";
import { Quotes } from "./Quotes";

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface Props {
  title: string;
  claims: Claim[];
  /** Whether quotes that were not found are left out. */
  hideMissing?: boolean;
}

/** Claims, each with the quotes that it rests on. */
export function Claims({ title, claims, hideMissing }: Props) {
  if (!claims.length) return null;
  return (
    <Section title={title}>
      {claims.map(({ text, evidence }, index) => (
        <article key={index}>
          {/* An engine that only selects sentences claims what it quotes. */}
          {!evidence.some(({ quote }) => quote === text) && <p>{text}</p>}
          <Quotes quotes={hideMissing ? evidence.filter(isFound) : evidence} />
        </article>
      ))}
    </Section>
  );
}
