//! The colours of the report.

/// Text that explains.
pub(crate) const GREY: &str = "6B7280";

/// Text that warns, and what lies behind it.
pub(crate) const RED: &str = "B91C1C";
pub(crate) const RED_TINT: &str = "FEF2F2";

/// The marks of quotes: found word for word, and with small differences.
pub(crate) const GREEN: &str = "15803D";
pub(crate) const AMBER: &str = "B45309";

/// The speakers' colours, distinct in print as well; a seventh speaker has the first
/// one's again.
const SPEAKERS: [[u8; 3]; 6] = [
    [0x1d, 0x4e, 0xd8],
    [0xea, 0x58, 0x0c],
    [0x0f, 0x76, 0x6e],
    [0xbe, 0x18, 0x5d],
    [0x7c, 0x3a, 0xed],
    [0xa1, 0x62, 0x07],
];

/// What a picture is painted with: white, a light and a dark grey, the speakers'.
pub(crate) const PALETTE: [[u8; 3]; 9] = {
    let [a, b, c, d, e, f] = SPEAKERS;
    [
        [0xff; 3],
        [0xe5, 0xe7, 0xeb],
        [0x9c, 0xa3, 0xaf],
        a,
        b,
        c,
        d,
        e,
        f,
    ]
};

/// The place of a speaker's colour in the [`PALETTE`].
pub(crate) fn index(speaker: u32) -> u8 {
    3 + u8::try_from(speaker % 6).unwrap_or(0)
}

/// A speaker's colour as Word and CSS write it.
pub(crate) fn hex(speaker: u32) -> String {
    let [red, green, blue] = PALETTE[usize::from(index(speaker))];
    format!("{red:02X}{green:02X}{blue:02X}")
}
