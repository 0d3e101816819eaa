//! The quotes of an analysis with their proof: whether the transcript has them, who says them
//! and when.

use domain::{
    InterviewId, Private,
    analysis::{Analysis, Evidence, EvidenceStatus},
    interview_store,
    stale::Stale,
    transcript::Transcript,
    versions::StripUnknown as _,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Caller, WithNotice};
use crate::{
    error::{ApiError, not_ready},
    extract::parameter,
    page::{Page, PageCursor, PageQuery, limit, page, usual_limit},
    results::AnalysisBody,
};

pub(super) const ABOUT: &str = "\
Reads the quotes on which the claims of an analysis rest, each with its proof: `status` is \
`verified` where the transcript has it word for word, `repaired` where it had small differences \
and these are the transcript's own words, `unverified` where it was not found, so that it proves \
nothing. A quote that was found has its speaker, its times and a `url` at which a person hears \
it. `status` as an argument selects. Pass `next_page_token` as `page_token` for the next page.";

/// The statuses of quotes.
const STATUSES: [&str; 3] = ["verified", "repaired", "unverified"];

/// Which quotes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The id of the interview.
    interview_id: String,
    /// Only quotes with this status.
    #[serde(default, deserialize_with = "status")]
    #[schemars(extend("enum" = STATUSES))]
    status: Option<String>,
    /// How many quotes the page has at most.
    #[serde(default = "usual_limit", deserialize_with = "limit")]
    #[schemars(range(min = 1, max = crate::list::MAX_LIMIT))]
    limit: usize,
    /// The `next_page_token` of the page before, with the same other arguments.
    #[serde(default)]
    page_token: Option<String>,
}

fn status<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let parse = |text: &str| STATUSES.contains(&text).then(|| Some(text.to_owned()));
    let expected = format!("`status` takes {}", STATUSES.join(", "));
    parameter(input, parse, &expected)
}

/// A page of quotes.
#[derive(Serialize, JsonSchema)]
pub(super) struct Quotes {
    /// The interview.
    interview_id: InterviewId,
    /// Its title.
    title: Private,
    /// Since when and why the analysis may be out of date; `null` where it is not.
    stale: Option<Stale>,
    /// The quotes of this page, in the order of the analysis.
    items: Vec<Proof>,
    /// What requests the next page; `null` on the last one.
    next_page_token: Option<String>,
}

/// A quote and what it is to prove.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Quote")]
struct Proof {
    /// The part of the analysis that it belongs to.
    part: ClaimPart,
    /// What it is to prove: the claim, the question, or the name of the competency.
    claim: Private,
    /// The exact words of the transcript; where it was not found, the words that were claimed.
    quote: Private,
    /// Whether the transcript has it.
    status: EvidenceStatus,
    /// The number of the speaker; `null` where it was not found.
    speaker: Option<u32>,
    /// What the speaker is called.
    speaker_name: Option<Private>,
    /// When its first word begins; `null` where it was not found.
    from_ms: Option<u64>,
    /// When its last word ends; `null` where it was not found.
    to_ms: Option<u64>,
    /// Where a person hears it; `null` where it was not found.
    url: Option<String>,
}

/// A part of an analysis whose claims have quotes.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ClaimPart {
    KeyPoint,
    Question,
    Competency,
    Strength,
    Concern,
}

pub(super) async fn quotes(
    caller: &Caller,
    wanted: Arguments,
) -> Result<WithNotice<Quotes>, ApiError> {
    let interview = caller.interview(&wanted.interview_id).await?;
    let found = caller.api.analysis_part(&interview).await?;
    let AnalysisBody { analysis, stale } = found.ok_or_else(|| not_ready("analysis"))?;
    let head = interview_store::transcript_head(&*caller.api.records, &interview.key()).await?;
    let transcript =
        head.map(|head| Transcript::new(head, Vec::new()).with_speaker_names(&interview.speakers));
    let is_wanted = |quote: &Evidence| {
        let status = wanted.status.as_deref();
        status.is_none_or(|status| quote.status.as_str() == status)
    };
    let all = claims(analysis.known_only());
    let all = all.into_iter().filter(|(_, _, quote)| is_wanted(quote));
    let all: Vec<Proof> = all
        .map(|(part, claim, quote)| Proof {
            part,
            claim,
            url: quote
                .start_ms
                .map(|at_ms| caller.link(&interview.id, Some(at_ms))),
            quote: quote.quote,
            status: quote.status,
            speaker: quote.speaker,
            speaker_name: quote
                .speaker
                .and_then(|id| Some(transcript.as_ref()?.speaker_name(id))),
            from_ms: quote.start_ms,
            to_ms: quote.end_ms,
        })
        .collect();
    let places: Vec<PageCursor> = (0_i64..)
        .take(all.len())
        .map(|index| (index, 0, String::new()))
        .collect();
    let query = PageQuery {
        limit: wanted.limit,
        page_token: wanted.page_token,
    };
    let Page {
        items,
        next_page_token,
    } = page(&query, &places, all)?;
    Ok(Quotes {
        interview_id: interview.id,
        title: interview.title,
        stale,
        items,
        next_page_token,
    }
    .into())
}

/// Every quote with what it is to prove, in the order of the analysis.
fn claims(analysis: Analysis) -> Vec<(ClaimPart, Private, Evidence)> {
    let mut all = Vec::new();
    let mut add = |part: ClaimPart, claim: &Private, evidence: Vec<Evidence>| {
        let own = evidence.into_iter();
        all.extend(own.map(|quote| (part, claim.clone(), quote)));
    };
    for claim in analysis.key_points {
        add(ClaimPart::KeyPoint, &claim.text, claim.evidence);
    }
    for asked in analysis.questions {
        add(ClaimPart::Question, &asked.question, asked.evidence);
    }
    for one in analysis.competencies {
        add(ClaimPart::Competency, &one.name.into(), one.evidence);
    }
    for claim in analysis.strengths {
        add(ClaimPart::Strength, &claim.text, claim.evidence);
    }
    for claim in analysis.concerns {
        add(ClaimPart::Concern, &claim.text, claim.evidence);
    }
    all
}
