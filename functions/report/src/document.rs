//! A report without a format: what [`crate::docx`] and [`crate::html`] write.

use std::borrow::Cow;

use crate::text::is_right_to_left;

/// A whole report, in reading order.
pub(crate) struct Document<'a> {
    /// The interview's id.
    pub(crate) id: &'a str,
    /// The interview's title.
    pub(crate) title: &'a str,
    /// The language of the conversation, as a BCP 47 tag.
    pub(crate) language: &'a str,
    /// When the analysis was made, as RFC 3339 has it.
    pub(crate) created_at: String,
    /// Where the recording can be listened to, without the moment; `None` where no console is
    /// served.
    pub(crate) recording: Option<String>,
    /// What stands above the title, in red.
    pub(crate) alert: Vec<Block<'a>>,
    /// Who and when, below the title, and what is to be decided.
    pub(crate) front: Vec<Block<'a>>,
    /// The sections of the first page.
    pub(crate) first_page: Vec<Section<'a>>,
    /// All others, which begin on the second page.
    pub(crate) sections: Vec<Section<'a>>,
}

impl<'a> Document<'a> {
    /// All blocks.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block<'a>> {
        let sections = self.all_sections().flat_map(|section| &section.blocks);
        self.alert.iter().chain(&self.front).chain(sections)
    }

    /// All sections.
    pub(crate) fn all_sections(&self) -> impl Iterator<Item = &Section<'a>> {
        self.first_page.iter().chain(&self.sections)
    }

    /// The address at which the recording plays from a moment on.
    pub(crate) fn moment(&self, at_ms: u64) -> Option<String> {
        let recording = self.recording.as_ref()?;
        Some(format!("{recording}?t={at_ms}"))
    }
}

/// A heading and what stands below it.
pub(crate) struct Section<'a> {
    /// What links to it name.
    pub(crate) anchor: &'static str,
    /// The heading.
    pub(crate) title: &'static str,
    /// What stands below.
    pub(crate) blocks: Vec<Block<'a>>,
    /// Whether its pages lie on their side, for wide tables.
    pub(crate) is_landscape: bool,
}

impl<'a> Section<'a> {
    pub(crate) fn new(
        anchor: &'static str,
        title: &'static str,
        blocks: impl IntoIterator<Item = Block<'a>>,
    ) -> Self {
        let blocks = blocks.into_iter().collect();
        Self {
            anchor,
            title,
            blocks,
            is_landscape: false,
        }
    }

    /// The same on pages that lie on their side.
    pub(crate) fn landscape(mut self, is_landscape: bool) -> Self {
        self.is_landscape = is_landscape;
        self
    }
}

/// A part of a section.
pub(crate) enum Block<'a> {
    /// A paragraph.
    Paragraph(Paragraph<'a>),
    /// A table.
    Table(Table<'a>),
    /// Bars below a title.
    Bars(&'static str, Vec<Bar>),
    /// The recording as a picture.
    Picture(Picture),
    /// What a speaker says at a stretch.
    Turn(Turn<'a>),
}

/// How a paragraph looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Running text.
    Body,
    /// An item of a list.
    Bullet,
    /// A small line that explains.
    Note,
    /// A heading of the second level.
    Subheading,
    /// A quote below what it proves.
    Quote,
    /// A warning, and a reason for it.
    Alert,
    AlertReason,
}

/// A paragraph.
pub(crate) struct Paragraph<'a> {
    /// How it looks.
    pub(crate) style: Style,
    /// Its text.
    pub(crate) spans: Vec<Span<'a>>,
    /// Whether it is written from right to left.
    pub(crate) right_to_left: bool,
    /// Whether it stays on one page with the next.
    pub(crate) keep_with_next: bool,
}

impl<'a> Paragraph<'a> {
    pub(crate) fn new(style: Style) -> Self {
        Self {
            style,
            spans: Vec::new(),
            right_to_left: false,
            keep_with_next: matches!(style, Style::Subheading | Style::Alert),
        }
    }

    /// A paragraph of one text, which decides on its direction.
    pub(crate) fn of(style: Style, text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self::new(style).directed(&text).with(Span::new(text))
    }

    /// The same with more text.
    pub(crate) fn with(mut self, span: Span<'a>) -> Self {
        self.spans.push(span);
        self
    }

    /// The same with more texts.
    pub(crate) fn with_all(mut self, spans: impl IntoIterator<Item = Span<'a>>) -> Self {
        self.spans.extend(spans);
        self
    }

    /// In the direction in which `text` is written.
    pub(crate) fn directed(mut self, text: &str) -> Self {
        self.right_to_left = is_right_to_left(text);
        self
    }

    /// On one page with the next.
    pub(crate) fn kept_with_next(mut self) -> Self {
        self.keep_with_next = true;
        self
    }
}

impl<'a> From<Paragraph<'a>> for Block<'a> {
    fn from(paragraph: Paragraph<'a>) -> Self {
        Self::Paragraph(paragraph)
    }
}

/// How a text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// As its paragraph.
    Plain,
    /// Bold.
    Strong,
    /// Grey and small.
    Quiet,
    /// Words of the conversation.
    Spoken,
    /// The mark of a quote that was found word for word.
    Verified,
    /// The mark of a quote that was found with small differences.
    Repaired,
    /// The square of a speaker's colour.
    Swatch(u32),
}

/// Where a text leads to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// A section, by its anchor.
    Section(&'static str),
    /// A turn of the transcript, by its id.
    Turn(u32),
    /// An address, which has no quotation marks.
    Address(String),
}

/// What links to a turn name.
pub(crate) fn turn_anchor(id: u32) -> String {
    format!("turn_{id}")
}

/// A stretch of text that looks alike.
#[derive(Clone)]
pub(crate) struct Span<'a> {
    /// The text; a line feed is a break.
    pub(crate) text: Cow<'a, str>,
    /// How it looks.
    pub(crate) look: Look,
    /// Where it leads to.
    pub(crate) link: Option<Link>,
}

impl<'a> Span<'a> {
    pub(crate) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self::looking(Look::Plain, text)
    }

    pub(crate) fn looking(look: Look, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: text.into(),
            look,
            link: None,
        }
    }

    /// The same as a link.
    pub(crate) fn linked(mut self, link: Option<Link>) -> Self {
        self.link = link;
        self
    }
}

/// A table.
pub(crate) struct Table<'a> {
    /// The columns' shares of the width, in thousandths.
    pub(crate) widths: Vec<usize>,
    /// The heads of the columns, repeated on each page; empty for a form, whose first column
    /// has its labels.
    pub(crate) head: Vec<Cow<'a, str>>,
    /// The rows.
    pub(crate) rows: Vec<Row<'a>>,
    /// Whether all columns but the first have figures.
    pub(crate) has_figures: bool,
}

/// A row of a table: its cells, each of paragraphs.
pub(crate) struct Row<'a> {
    /// The cells.
    pub(crate) cells: Vec<Vec<Paragraph<'a>>>,
    /// The least height, in millimetres; for what is filled in by hand.
    pub(crate) least_mm: u32,
}

impl<'a> Row<'a> {
    /// A row of texts.
    pub(crate) fn of_texts<T: Into<Cow<'a, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        let cells = texts.into_iter().map(|text| {
            let text = text.into();
            vec![Paragraph::of(Style::Body, text)]
        });
        Self {
            cells: cells.collect(),
            least_mm: 0,
        }
    }
}

/// One bar.
pub(crate) struct Bar {
    /// Its label.
    pub(crate) label: String,
    /// Its length as a share of the longest possible, 0 to 1.
    pub(crate) share: f64,
    /// The figure, as it is written behind the bar.
    pub(crate) value: String,
    /// Whose it is.
    pub(crate) speaker: u32,
}

impl Bar {
    /// Its length in per cent; a value above zero is visible.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between nothing and a hundred"
    )]
    pub(crate) fn percent(&self) -> usize {
        let share = if self.share.is_finite() {
            self.share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let least = if share > 0.0 { 1.0 } else { 0.0 };
        (share * 100.0).round().max(least) as usize
    }
}

/// A picture with a time axis.
pub(crate) struct Picture {
    /// The picture as PNG.
    pub(crate) png: Vec<u8>,
    /// Its width in pixels.
    pub(crate) width: u32,
    /// Its height in pixels.
    pub(crate) height: u32,
    /// What it shows, in words.
    pub(crate) description: String,
    /// The times below it, at equal distances.
    pub(crate) ticks: Vec<String>,
}

/// What a speaker says at a stretch.
pub(crate) struct Turn<'a> {
    /// The turn's id in the transcript.
    pub(crate) id: u32,
    /// The speaker's name; `None` where they also said what stands before.
    pub(crate) speaker: Option<Cow<'a, str>>,
    /// When it begins.
    pub(crate) start_ms: u64,
    /// What is said.
    pub(crate) text: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_never_longer_than_the_table() {
        let percent = |share| {
            Bar {
                label: String::new(),
                share,
                value: String::new(),
                speaker: 0,
            }
            .percent()
        };
        let found = [0.0, 0.001, 0.5, 1.0, 7.0, f64::NAN].map(percent);
        assert_eq!(found, [0, 1, 50, 100, 100, 0]);
    }
}
