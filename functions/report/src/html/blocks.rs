//! The blocks of a report on the page.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{direction, spans, style};
use crate::{
    document::{Bar, Block, Document, Paragraph, Picture, Row, Style, Table, Turn, turn_anchor},
    text::{clock, escape, is_right_to_left},
};

/// Writes blocks; items beside each other are one list.
pub(super) fn write(html: &mut String, report: &Document<'_>, blocks: &[Block<'_>]) {
    let mut in_list = false;
    for block in blocks {
        if is_item(block) != in_list {
            in_list = !in_list;
            html.push_str(if in_list { "<ul>\n" } else { "</ul>\n" });
        }
        match block {
            Block::Paragraph(own) => html.push_str(&paragraph(report, own)),
            Block::Table(own) => table(html, report, own),
            Block::Bars(title, own) => html.push_str(&bars(title, own)),
            Block::Picture(own) => html.push_str(&picture(own)),
            Block::Turn(own) => html.push_str(&turn(report, own)),
        }
    }
    if in_list {
        html.push_str("</ul>\n");
    }
}

fn is_item(block: &Block<'_>) -> bool {
    let Block::Paragraph(paragraph) = block else {
        return false;
    };
    matches!(paragraph.style, Style::Bullet | Style::AlertReason)
}

fn paragraph(report: &Document<'_>, own: &Paragraph<'_>) -> String {
    let (name, class) = match own.style {
        Style::Body => ("p", ""),
        Style::Bullet | Style::AlertReason => ("li", ""),
        Style::Note => ("p", " class=\"note\""),
        Style::Subheading => ("h3", ""),
        Style::Quote => ("blockquote", ""),
        Style::Alert => ("p", " class=\"headline\""),
    };
    let class = if own.keep_with_next && class.is_empty() {
        " class=\"kept\""
    } else {
        class
    };
    let direction = direction(own.right_to_left);
    let content = spans::all(report, own);
    format!("<{name}{class}{direction}>{content}</{name}>\n")
}

fn table(html: &mut String, report: &Document<'_>, own: &Table<'_>) {
    let class = match (own.head.is_empty(), own.has_figures) {
        (true, _) => "form",
        (false, true) => "figures",
        (false, false) => "rows",
    };
    html.extend(["<table class=\"", class, "\">\n<colgroup>"]);
    for width in &own.widths {
        html.extend(["<col class=\"", &style::width_class(*width), "\" />"]);
    }
    html.push_str("</colgroup>\n");
    if !own.head.is_empty() {
        let heads = own.head.iter();
        let heads = heads.map(|name| format!("<th scope=\"col\">{}</th>", spans::text(name)));
        let heads: String = heads.collect();
        html.extend(["<thead><tr>", &heads, "</tr></thead>\n"]);
    }
    html.push_str("<tbody>\n");
    for own in &own.rows {
        html.push_str(&row(report, own));
    }
    html.push_str("</tbody>\n</table>\n");
}

fn row(report: &Document<'_>, own: &Row<'_>) -> String {
    let class = match own.least_mm {
        0 => String::new(),
        height => format!(" class=\"{}\"", style::height_class(height)),
    };
    let cells = own.cells.iter().enumerate().map(|(column, paragraphs)| {
        let paragraphs = paragraphs.iter().map(|own| paragraph(report, own));
        let content: String = paragraphs.collect();
        if column == 0 {
            format!("<th scope=\"row\">{content}</th>")
        } else {
            format!("<td>{content}</td>")
        }
    });
    let cells: String = cells.collect();
    format!("<tr{class}>{cells}</tr>\n")
}

/// Bars as vector graphics: a length as a style would need a style sheet of its own.
fn bars(title: &str, bars: &[Bar]) -> String {
    let rows = bars.iter().map(|bar| {
        let class = spans::speaker_class(bar.speaker);
        format!(
            "<tr><th scope=\"row\">{}</th><td><svg viewBox=\"0 0 100 4\" \
             preserveAspectRatio=\"none\" aria-hidden=\"true\" class=\"{class}\">\
             <rect class=\"track\" width=\"100\" height=\"4\" />\
             <rect width=\"{}\" height=\"4\" /></svg></td><td>{}</td></tr>\n",
            spans::text(&bar.label),
            bar.percent(),
            spans::text(&bar.value)
        )
    });
    let rows: String = rows.collect();
    format!("<h3>{title}</h3>\n<table class=\"bars\"><tbody>\n{rows}</tbody></table>\n")
}

fn picture(own: &Picture) -> String {
    let (width, height) = (own.width, own.height);
    let (data, description) = (STANDARD.encode(&own.png), escape(&own.description));
    let ticks = own.ticks.join("</span><span>");
    format!(
        "<figure>\n<img src=\"data:image/png;base64,{data}\" width=\"{width}\" \
         height=\"{height}\" alt=\"{description}\" />\n<div class=\"ticks\"><span>{ticks}</span></div>\n\
         </figure>\n"
    )
}

fn turn(report: &Document<'_>, own: &Turn<'_>) -> String {
    let speaker = own.speaker.as_ref().map(|name| {
        let name = spans::text(name);
        let time = time(report, own.start_ms);
        format!("<strong><bdi>{name}</bdi></strong> {time}<br />")
    });
    let class = if speaker.is_some() { "turn" } else { "speech" };
    format!(
        "<p class=\"{class}\" id=\"{}\"{}{}>{}{}</p>\n",
        turn_anchor(own.id),
        direction(is_right_to_left(own.text)),
        spans::language(report),
        speaker.unwrap_or_default(),
        spans::text(own.text)
    )
}

/// A time that leads to the recording, where that can be listened to.
fn time(report: &Document<'_>, at_ms: u64) -> String {
    let time = clock(at_ms);
    match report.moment(at_ms) {
        Some(address) => format!(
            "<a class=\"quiet\" href=\"{}\">{time}</a>",
            escape(&address)
        ),
        None => format!("<span class=\"quiet\">{time}</span>"),
    }
}
