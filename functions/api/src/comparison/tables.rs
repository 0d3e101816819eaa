//! A comparison as CSV and as a spreadsheet.

use std::{borrow::Cow, sync::Arc};

use axum::response::{IntoResponse as _, Response};
use domain::{UserId, text::clock_time};
use futures::{StreamExt as _, stream};
use http::{HeaderValue, header};
use runtime::http::Problem;
use rust_xlsxwriter::{Format, FormatAlign, Url, Workbook, Worksheet, XlsxError};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    members::{ComparedRubric, Members},
    row::{CONCURRENT_ROWS, Cell, ComparedInterview},
};
use crate::{
    Api,
    body_writer::{self, BodyWriter},
    error::ApiError,
};

/// How many spreadsheets are made at once: each is in memory, some ten megabytes for 500
/// interviews.
static SPREADSHEETS: Semaphore = Semaphore::const_new(2);

const XLSX_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The columns before those of the competencies.
const COLUMNS: [&str; 7] = [
    "Interview",
    "Interview id",
    "Date",
    "Compared",
    "Decision",
    "Assessed by",
    "Link",
];

/// The columns of each competency.
const OF_COMPETENCY: [&str; 7] = [
    "engine's rating",
    "person's rating",
    "person's comment",
    "quote",
    "speaker",
    "time",
    "link",
];

/// Streams the table row by row.
pub(super) async fn csv(
    api: Arc<Api>,
    user: UserId,
    members: Members,
    rubric: Option<ComparedRubric>,
    origin: String,
) -> Result<Response, ApiError> {
    let respond = body_writer::respond(
        "text/csv; charset=utf-8",
        async move |mut out: BodyWriter| {
            let Some(rubric) = rubric else {
                out.text(&record(&COLUMNS.map(Cow::Borrowed))).await?;
                return Ok(out);
            };
            out.text(&record(&titles(&rubric))).await?;
            let ids = members.interviews.into_iter().map(|(_, id)| id);
            let rows = ids.map(|id| api.row(&user, id, &rubric));
            let mut rows = stream::iter(rows).buffered(CONCURRENT_ROWS);
            while let Some(row) = rows.next().await {
                if let Some(row) = row? {
                    out.text(&record(&fields(&row, &rubric, &origin))).await?;
                }
            }
            drop(rows);
            Ok(out)
        },
    );
    Ok(attachment(respond.await?, "comparison.csv"))
}

/// The titles of the columns.
fn titles(rubric: &ComparedRubric) -> Vec<Cow<'_, str>> {
    let of_competencies = rubric.competencies.iter().flat_map(|name| {
        let columns = OF_COMPETENCY.into_iter();
        columns.map(move |column| Cow::Owned(format!("{name}: {column}")))
    });
    let own = COLUMNS.into_iter().map(Cow::Borrowed);
    own.chain(of_competencies).collect()
}

/// The values of a row, in the order of the titles.
fn fields<'a>(
    row: &'a ComparedInterview,
    rubric: &ComparedRubric,
    origin: &str,
) -> Vec<Cow<'a, str>> {
    let text = |text: &'a Option<domain::Private>| {
        Cow::Borrowed(text.as_ref().map_or("", domain::Private::reveal))
    };
    let mut fields: Vec<Cow<'a, str>> = vec![
        Cow::Borrowed(row.title.reveal()),
        Cow::Borrowed(row.interview_id.as_str()),
        row.date.to_string().into(),
        Cow::Borrowed(row.comparable.as_str()),
        text(&row.decision),
        text(&row.author),
        link(row, origin).into(),
    ];
    for cell in &row.cells {
        let quote = cell.quote.as_ref();
        let rating = |rating: Option<u8>| rating.map(|own| own.to_string()).unwrap_or_default();
        fields.extend([
            rating(cell.rating).into(),
            rating(cell.person_rating).into(),
            text(&cell.person_comment),
            Cow::Borrowed(quote.map_or("", |own| own.text.reveal())),
            speaker(cell).into(),
            quote
                .map_or_else(String::new, |own| clock_time(own.start_ms))
                .into(),
            quote
                .map_or_else(String::new, |own| format!("{origin}{}", own.url))
                .into(),
        ]);
    }
    let all = COLUMNS.len() + OF_COMPETENCY.len() * rubric.competencies.len();
    fields.resize(all, Cow::Borrowed(""));
    fields
}

fn link(row: &ComparedInterview, origin: &str) -> String {
    format!("{origin}/app/interviews/{}", row.interview_id)
}

/// The name of who is quoted, or their number as it is shown, from 1.
fn speaker(cell: &Cell) -> String {
    let Some(quote) = &cell.quote else {
        return String::new();
    };
    match (&quote.speaker_name, quote.speaker) {
        (Some(name), _) => name.reveal().to_owned(),
        (None, Some(id)) => format!("Speaker {}", id + 1),
        (None, None) => String::new(),
    }
}

/// A record of RFC 4180, every field in quotes.
fn record(fields: &[Cow<'_, str>]) -> String {
    let quoted = fields.iter().map(|field| {
        // What spreadsheets take for a formula (OWASP, CSV Injection).
        let begins = |first: char| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n');
        let is_formula = field.starts_with(begins) || field.trim_start().starts_with(begins);
        let guard = if is_formula { "'" } else { "" };
        format!("\"{guard}{}\"", field.replace('"', "\"\""))
    });
    quoted.collect::<Vec<_>>().join(",") + "\r\n"
}

/// Makes the workbook.
pub(super) async fn xlsx(
    api: &Api,
    user: &UserId,
    members: Members,
    rubric: Option<ComparedRubric>,
    origin: String,
) -> Result<Response, ApiError> {
    let _place = SPREADSHEETS.acquire().await;
    let ids = members.interviews.into_iter().map(|(_, id)| id);
    let rows = match &rubric {
        Some(rubric) => api.rows(user, ids.collect(), rubric).await?,
        None => Vec::new(),
    };
    let making = spawn_blocking(move || workbook(&rows, rubric.as_ref(), &origin));
    let made = making.await.map_err(|_| Problem::internal())?;
    let bytes = made.map_err(|error| {
        tracing::error!(event = "comparison.workbook_failed", %error, "a workbook could not be made");
        Problem::internal()
    })?;
    let response = ([(header::CONTENT_TYPE, XLSX_TYPE)], bytes).into_response();
    Ok(attachment(response, "comparison.xlsx"))
}

/// A response that a browser saves as a file.
pub(crate) fn attachment(mut response: Response, name: &'static str) -> Response {
    let value = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    if let Ok(value) = value {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Texts are stored as texts: none is a formula.
fn workbook(
    rows: &[ComparedInterview],
    rubric: Option<&ComparedRubric>,
    origin: &str,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Comparison")?;
    let bold = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let titles = rubric.map_or_else(|| COLUMNS.map(Cow::Borrowed).to_vec(), titles);
    for (column, title) in (0..).zip(&titles) {
        sheet.write_string_with_format(0, column, title.as_ref(), &bold)?;
        let is_text = title.ends_with(": quote") || title.ends_with(": person's comment");
        sheet.set_column_width(column, if is_text { 48 } else { 16 })?;
    }
    sheet.set_column_width(0, 32)?;
    sheet.set_freeze_panes(1, 1)?;
    for (number, row) in (1..).zip(rows) {
        if let Some(rubric) = rubric {
            write_row(sheet, number, &fields(row, rubric, origin), row)?;
        }
    }
    workbook.save_to_buffer()
}

fn write_row(
    sheet: &mut Worksheet,
    number: u32,
    fields: &[Cow<'_, str>],
    row: &ComparedInterview,
) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (column, field) in (0..).zip(fields) {
        let index = usize::from(column);
        let own = index.checked_sub(COLUMNS.len());
        let (cell, kind) = match own {
            Some(own) => (
                row.cells.get(own / OF_COMPETENCY.len()),
                own % OF_COMPETENCY.len(),
            ),
            None => (None, usize::MAX),
        };
        let rating = match kind {
            0 => cell.and_then(|cell| cell.rating),
            1 => cell.and_then(|cell| cell.person_rating),
            _ => None,
        };
        let is_link = kind == OF_COMPETENCY.len() - 1 || index == COLUMNS.len() - 1;
        if let Some(rating) = rating {
            sheet.write_number_with_format(number, column, f64::from(rating), &wrapped)?;
        } else if is_link && field.starts_with("http") {
            let url = Url::new(field.as_ref()).set_text("Listen");
            sheet.write_url(number, column, url)?;
        } else if !field.is_empty() {
            sheet.write_string_with_format(number, column, field.as_ref(), &wrapped)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_to_a_spreadsheet() {
        let fields = [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            "  =1",
            "a=1",
            "say \"hi\"",
            "",
        ];
        let record = record(&fields.map(Cow::Borrowed));
        assert_eq!(
            record,
            "\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"'\t=1\",\"'  =1\",\"a=1\",\"say \"\"hi\"\"\",\"\"\r\n"
        );
    }
}
