//! Analysis, waveform and report.

use domain::{
    ErrorCode,
    Interview,
    analysis::Analysis,
    ports::ObjectError,
    report::{CONTENT_TYPE, StoredReport},
    waveform::{Bits, DamagedWaveform, JsonData, RescaleError, StoredWaveform},
};
use http::{HeaderValue, Response, StatusCode, header};
use runtime::http::{Body, Problem, answer, full, json, stream};

use crate::{Api, error::not_ready, request::ApiRequest};

impl Api {
    pub(crate) async fn analysis(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        let analysis = self.data::<Analysis>(&interview, "analysis").await?;
        Ok(json(
            StatusCode::OK,
            &analysis.ok_or_else(|| not_ready("analysis"))?,
        ))
    }

    pub(crate) async fn waveform(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        let (waveform, bits) = self.asked_waveform(request).await?;
        let text = waveform.to_json(bits).map_err(damaged)?;
        Ok(answer(StatusCode::OK, "application/json", full(text)))
    }

    pub(crate) async fn waveform_data(
        &self,
        request: &ApiRequest,
    ) -> Result<Response<Body>, Problem> {
        let (waveform, bits) = self.asked_waveform(request).await?;
        let bytes = waveform.to_dat(bits).map_err(damaged)?;
        Ok(answer(
            StatusCode::OK,
            "application/octet-stream",
            full(bytes),
        ))
    }

    /// The waveform at the resolution that is asked for, and in how many bits.
    async fn asked_waveform(
        &self,
        request: &ApiRequest,
    ) -> Result<(StoredWaveform, Bits), Problem> {
        request.only_query(&["bits", "samples_per_pixel"])?;
        let (bits, samples_per_pixel) = (bits(request)?, samples_per_pixel(request)?);
        let interview = self.interview(request).await?;
        let found = self.data::<StoredWaveform>(&interview, "waveform").await?;
        let waveform = found.ok_or_else(|| not_ready("waveform"))?;
        let requested = samples_per_pixel.unwrap_or(waveform.samples_per_pixel);
        let rescaled = waveform.rescale(requested).map_err(|error| match error {
            RescaleError::TooFine { .. } => {
                Problem::new(ErrorCode::InvalidParameter, format!("`samples_per_pixel`: {error}"))
            }
            RescaleError::Damaged(error) => damaged(error),
        })?;
        Ok((rescaled, bits))
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

    pub(crate) async fn report(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        let mut tried = None;
        let (meta, bytes) = loop {
            let report = self.data::<StoredReport>(&interview, "report").await?;
            let StoredReport { object, .. } = report.ok_or_else(|| not_ready("report"))?;
            match self.artifacts.read(&object, None, None).await {
                // It has been replaced since it was looked up.
                Err(ObjectError::NotFound { .. }) if tried.as_ref() != Some(&object) => {
                    tried = Some(object);
                }
                read => break read?,
            }
        };
        let mut response = answer(StatusCode::OK, CONTENT_TYPE, stream(bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(meta.size));
        let disposition = HeaderValue::from_static("attachment; filename=\"report.docx\"");
        headers.insert(header::CONTENT_DISPOSITION, disposition);
        Ok(response)
    }
}

fn bits(request: &ApiRequest) -> Result<Bits, Problem> {
    match request.query_value("bits").as_deref() {
        None | Some("8") => Ok(Bits::Eight),
        Some("16") => Ok(Bits::Sixteen),
        Some(_) => Err(invalid_parameter("`bits` takes 8 or 16")),
    }
}

fn samples_per_pixel(request: &ApiRequest) -> Result<Option<u32>, Problem> {
    let Some(text) = request.query_value("samples_per_pixel") else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number| *number > 0);
    let refuse = || invalid_parameter("`samples_per_pixel` takes a whole number above zero");
    number.map(Some).ok_or_else(refuse)
}

fn invalid_parameter(why: &str) -> Problem {
    Problem::new(ErrorCode::InvalidParameter, why)
}

fn damaged(error: DamagedWaveform) -> Problem {
    tracing::error!("{error}");
    Problem::internal()
}
