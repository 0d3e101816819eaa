//! Words by which a transcript addresses its reader, in the languages in
//! which that has been tried most.

/// Words in a row, each one of these.
pub(crate) type Pattern = &'static [&'static [&'static str]];

const INSTRUCTIONS: &[&str] = &[
    "instruction",
    "instructions",
    "prompt",
    "prompts",
    "rules",
    "directions",
    "guidelines",
    "orders",
];
const DISMISS: &[&str] = &["ignore", "disregard", "forget", "override", "bypass"];
const EARLIER: &[&str] = &["previous", "above", "prior", "earlier", "preceding", "all"];
const GRADE: &[&str] = &["rate", "score", "grade", "rank"];
const RATE: &[&str] = &["rate", "score", "grade", "rank", "give"];
const TARGET: &[&str] = &[
    "me",
    "him",
    "her",
    "them",
    "candidate",
    "applicant",
    "interviewee",
    "speaker",
];
const BEST: &[&str] = &[
    "5",
    "10",
    "100",
    "highest",
    "maximum",
    "top",
    "full",
    "perfect",
    "excellent",
    "best",
];
const RATING: &[&str] = &[
    "rating", "ratings", "score", "scores", "grade", "marks", "points", "stars",
];
const READERS: &[&str] = &["ai", "llm", "chatbot", "evaluator", "grader", "scorer"];

/// With nothing in between.
pub(crate) const PHRASES: &[Pattern] = &[
    &[&["ignore", "disregard", "forget"], &["the"], &["above"]],
    &[&["ignore"], &["everything"], &["above"]],
    &[&["developer", "jailbreak"], &["mode"], &["enabled", "on"]],
];

/// With a few words in between.
pub(crate) const PATTERNS: &[Pattern] = &[
    &[DISMISS, EARLIER, INSTRUCTIONS],
    &[GRADE, TARGET, BEST],
    &[RATE, TARGET, BEST, RATING],
    &[&["you"], &["are"], &["language"], &["model"]],
    &[&["you"], &["are"], &["ai", "llm", "chatbot"]],
    &[&["you"], &["are"], &["now"], READERS],
    &[
        &["pretend", "imagine", "act", "behave"],
        &["you", "as"],
        READERS,
    ],
    &[&["note", "message"], &["to", "for"], READERS],
    &[&["as"], &["an"], &["ai"], &["model", "assistant"]],
    &[&["system", "developer"], &["prompt"]],
    &[
        &["new", "following"],
        &["instructions"],
        &["for"],
        &["ai", "model", "assistant"],
    ],
    &[&["verified", "repaired"], &["evidence"], &["rating"]],
    &[
        &["respond", "answer", "reply", "output"],
        &["only"],
        &["json"],
    ],
    &[&["quote"], &["rating", "score"], &["quote", "colon"]],
    // German
    &[
        &[
            "ignoriere",
            "ignorieren",
            "ignoriert",
            "vergiss",
            "vergessen",
            "missachte",
        ],
        &[
            "alle",
            "vorherigen",
            "bisherigen",
            "obigen",
            "vorigen",
            "früheren",
        ],
        &[
            "anweisungen",
            "anweisung",
            "instruktionen",
            "regeln",
            "vorgaben",
        ],
    ],
    &[
        &["bewerte", "bewerten", "bewertet", "benote"],
        &["mich", "ihn", "sie", "kandidaten", "bewerber", "bewerberin"],
        &["5", "fünf", "höchsten", "höchste", "bestnote", "voller"],
    ],
    // French
    &[
        &["ignore", "ignorez", "ignorer", "oublie", "oubliez"],
        &["instructions", "consignes", "règles"],
        &["précédentes", "antérieures", "cidessus"],
    ],
    &[
        &["note", "notez", "évalue", "évaluez"],
        &["moi", "candidat", "candidate"],
        &["5", "cinq", "maximum", "maximale", "meilleure"],
    ],
    // Spanish and Portuguese
    &[
        &[
            "ignora", "ignore", "ignoren", "ignorar", "olvida", "olvide", "esqueça", "esquece",
        ],
        &[
            "instrucciones",
            "órdenes",
            "reglas",
            "instruções",
            "ordens",
            "regras",
        ],
        &["anteriores", "previas", "prévias"],
    ],
    &[
        &["califícame", "califica", "evalúame", "avalieme"],
        &["5", "cinco", "máxima", "máximo"],
    ],
    // Italian
    &[
        &["ignora", "ignorate", "ignorare", "dimentica", "dimenticate"],
        &["istruzioni", "regole"],
        &["precedenti"],
    ],
    // Dutch
    &[
        &["negeer", "vergeet"],
        &["alle", "vorige", "eerdere", "bovenstaande"],
        &["instructies", "regels", "opdrachten"],
    ],
    // Polish
    &[
        &["zignoruj", "ignoruj", "zapomnij"],
        &["wszystkie", "poprzednie"],
        &["instrukcje", "polecenia", "zasady"],
    ],
    // Russian
    &[
        &["игнорируй", "игнорируйте", "забудь", "забудьте"],
        &["все", "предыдущие"],
        &["инструкции", "указания", "правила"],
    ],
    // Chinese and Japanese, a character each
    &[
        &["忽"],
        &["略"],
        &["前", "所", "上"],
        &["指", "提"],
        &["令", "示"],
    ],
    &[&["指"], &["示"], &["無"], &["視"]],
];
