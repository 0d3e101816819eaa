//! Analysis and waveform.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview,
    analysis::Analysis,
    stale::Stale,
    waveform::{Bits, DamagedWaveform, JsonData, RescaleError, StoredWaveform},
};
use http::header;
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Api,
    error::{ApiError, not_ready},
    extract::{OwnInterview, QueryParameters, parameter},
    openapi::{errors, examples},
};

/// The parameters of waveforms.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaveformQuery {
    /// How many bits a value has.
    #[serde(default = "eight", deserialize_with = "bits")]
    #[schemars(with = "u8", extend("enum" = [8, 16], "default" = 8))]
    bits: Bits,
    /// Coarser than stored: how many samples a pixel stands for.
    #[serde(default, deserialize_with = "samples_per_pixel")]
    #[schemars(range(min = 1, max = u32::MAX))]
    samples_per_pixel: Option<u32>,
}

const fn eight() -> Bits {
    Bits::Eight
}

fn bits<'de, D: Deserializer<'de>>(input: D) -> Result<Bits, D::Error> {
    let parse = |text: &str| match text {
        "8" => Some(Bits::Eight),
        "16" => Some(Bits::Sixteen),
        _ => None,
    };
    parameter(input, parse, "`bits` takes 8 or 16")
}

fn samples_per_pixel<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    let parse = |text: &str| text.parse().ok().filter(|number| *number > 0).map(Some);
    let expected = "`samples_per_pixel` takes a whole number above zero";
    parameter(input, parse, expected)
}

/// An analysis, and whether it is out of date.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoredAnalysis")]
pub(crate) struct AnalysisBody {
    #[serde(flatten)]
    pub(crate) analysis: Analysis,
    /// Since when the transcript or what is known of the speakers is another than it was made
    /// from; `null` where both are the same.
    pub(crate) stale: Option<Stale>,
}

/// Read the analysis
///
/// Its quotes are looked up in the newest words of the transcript: after a correction they
/// have the status that they have there. A rating is left out where no quote is left for it.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/analysis", operation_id = "get_analysis", tag = "Results",
    params(OwnInterview),
    responses((status = 200, description = "The analysis.", body = ref("#/components/schemas/StoredAnalysis"), example = examples::stored_analysis)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady])))),
)]
pub(crate) async fn analysis(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
) -> Result<Json<AnalysisBody>, ApiError> {
    let analysis = api.analysis_part(&interview).await?;
    Ok(Json(analysis.ok_or_else(|| not_ready("analysis"))?))
}

/// Read the waveform as JSON
///
/// audiowaveform's JSON format, version 2.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/waveform", operation_id = "get_waveform", tag = "Results",
    params(OwnInterview, QueryParameters<WaveformQuery>),
    responses((status = 200, description = "The waveform.", body = ref("#/components/schemas/Waveform"), example = examples::waveform)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady])))),
)]
pub(crate) async fn waveform(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<WaveformQuery>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let waveform = api.rescaled_waveform(&query, &interview).await?;
    let text = waveform.to_json(query.bits).map_err(damaged)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// Read the waveform as binary data
///
/// audiowaveform's binary format, as it writes it for one channel.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/waveform.dat", operation_id = "get_waveform_data",
    tag = "Results", params(OwnInterview, QueryParameters<WaveformQuery>),
    responses((status = 200, description = "The waveform.", content(("application/octet-stream")))),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady])))),
)]
pub(crate) async fn waveform_data(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<WaveformQuery>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let waveform = api.rescaled_waveform(&query, &interview).await?;
    Ok(waveform
        .to_dat(query.bits)
        .map_err(damaged)?
        .into_response())
}

impl Api {
    /// The waveform at the requested resolution.
    async fn rescaled_waveform(
        &self,
        query: &WaveformQuery,
        interview: &Interview,
    ) -> Result<StoredWaveform, Problem> {
        let found = self.data::<StoredWaveform>(interview, "waveform").await?;
        let waveform = found.ok_or_else(|| not_ready("waveform"))?;
        let requested = query
            .samples_per_pixel
            .unwrap_or(waveform.samples_per_pixel);
        waveform.rescale(requested).map_err(|error| match error {
            RescaleError::TooFine { .. } => {
                let detail = format!("`samples_per_pixel`: {error}");
                Problem::new(ErrorCode::InvalidParameter, detail)
            }
            RescaleError::Damaged(error) => damaged(error),
        })
    }

    /// The waveform as a part of the interview.
    pub(crate) async fn waveform_part(
        &self,
        interview: &Interview,
    ) -> Result<Option<JsonData>, Problem> {
        let found = self.data::<StoredWaveform>(interview, "waveform").await?;
        let data = found.map(|waveform| waveform.json_data(Bits::Eight));
        data.transpose().map_err(damaged)
    }
}

fn damaged(error: DamagedWaveform) -> Problem {
    tracing::error!(event = "waveform.damaged", "{error}");
    Problem::internal()
}
