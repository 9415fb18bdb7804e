//! The field tables: one description per record drives reader, writer, check and show.
//!
//! Source: オンライン又は光ディスク等による請求に係る記録条件仕様(医科用), 令和2年版 and its later editions,
//! 第2章 レコードの記録内容.

use crate::table::CodeTable;

/// What a field may be written with (モード).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// 数字: half-width digits.
    Digits,
    /// 数字, with a leading minus where points are taken off.
    Signed,
    /// 数字 up to 5 digits, a point, up to 5 digits.
    Decimal5,
    /// 数字 up to 5 digits, a point, up to 3 digits.
    Decimal3,
    /// 数字 up to 8 digits, a point, up to 2 digits.
    Price,
    /// 数字: a month, `YYYYMM` (era `GYYMM` up to the claim month 2020-04).
    Month,
    /// 数字: a day, `YYYYMMDD` (era `GYYMMDD` up to the claim month 2020-04).
    Day,
    /// 数字: nine digits beginning with 1.
    Act,
    /// 数字: nine digits beginning with 6.
    Drug,
    /// 数字: nine digits beginning with 7.
    Material,
    /// 数字: nine digits beginning with 8.
    Comment,
    /// 英数: a letter of 別表21.
    Payers,
    /// 英数: half-width letters, digits and signs.
    Ascii,
    /// 漢字: full width only.
    Kanji,
    /// 英数又は漢字: one of both, never mixed.
    Either,
}

impl Mode {
    /// The mode as a message names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digits => "half-width digits",
            Self::Signed => "half-width digits, a leading minus allowed",
            Self::Decimal5 => "up to 5 digits and up to 5 decimals",
            Self::Decimal3 => "up to 5 digits and up to 3 decimals",
            Self::Price => "up to 8 digits and up to 2 decimals",
            Self::Month => "a month YYYYMM",
            Self::Day => "a day YYYYMMDD of the calendar",
            Self::Act => "an act code, 9 digits beginning with 1",
            Self::Drug => "a drug code, 9 digits beginning with 6",
            Self::Material => "a material code, 9 digits beginning with 7",
            Self::Comment => "a comment code, 9 digits beginning with 8",
            Self::Payers => "a letter of 別表21 負担区分",
            Self::Ascii => "half-width letters, digits and signs",
            Self::Kanji => "full-width characters of JIS X 0208",
            Self::Either => "all half width or all full width",
        }
    }

    /// Most digits before and after the decimal point, for the decimal modes.
    pub const fn decimal(self) -> Option<(usize, usize)> {
        match self {
            Self::Decimal5 => Some((5, 5)),
            Self::Decimal3 => Some((5, 3)),
            Self::Price => Some((8, 2)),
            _ => None,
        }
    }
}

/// 固定 or 可変.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// 固定: exactly the bytes given (when present).
    Fixed,
    /// 可変: up to the bytes given.
    Variable,
}

/// Whether a claim file has the field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Always.
    Always,
    /// When its condition holds.
    Conditional,
    /// As the institution likes.
    Optional,
    /// Never filled by an institution (予備, or filled by the review body).
    Empty,
}

/// One column of a record (項目).
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Official name.
    pub name: &'static str,
    /// モード.
    pub mode: Mode,
    /// Most bytes (最大バイト).
    pub bytes: u16,
    /// 固定 or 可変.
    pub width: Width,
    /// Whether it must be there.
    pub need: Need,
    /// The code table (別表) of its values.
    pub table: Option<&'static CodeTable>,
    /// Official error code when its form is wrong; empty where the list known to us has none.
    pub code: &'static str,
}

/// Columns that repeat together: a single field, the three comment pairs, the 31 days.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Number of the first column, counting the record id as 1.
    pub first: u8,
    /// How often the columns repeat.
    pub repeat: u8,
    /// The columns of one repetition.
    pub columns: &'static [Column],
}

/// One record (レコード).
#[derive(Debug)]
pub struct RecordSpec {
    /// レコード識別情報.
    pub id: &'static str,
    /// Official name.
    pub name: &'static str,
    /// Number of columns, the record id included.
    pub columns: u8,
    /// All columns but the record id, ascending.
    pub groups: &'static [Group],
}

impl RecordSpec {
    /// Column `number` (the record id is 1, and has no description).
    pub fn column(&self, number: u8) -> Option<&'static Column> {
        self.groups.iter().find_map(|group| {
            let offset = usize::from(number.checked_sub(group.first)?);
            let width = group.columns.len();
            let is_inside = offset < width * usize::from(group.repeat);
            group.columns.get(offset % width.max(1)).filter(|_| is_inside)
        })
    }

    /// All columns with their numbers, from 2.
    pub fn numbered(&'static self) -> impl Iterator<Item = (u8, &'static Column)> {
        (2..=self.columns).filter_map(|number| self.column(number).map(|column| (number, column)))
    }
}

/// A record type and its field table from one description.
///
/// `first [member: Type] = { [times n;] "項目名" Mode bytes Width Need [(in TABLE)] [or "code"] [: "note"], … };`
/// An entry without member is a reserve (予備): skipped when read, left empty when written.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $record:ident $id:literal $name:literal $columns:literal {
            $( $first:literal $($member:ident : $type:ty)? = $cells:tt; )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct $record {
            $( $(
                #[doc = crate::spec::column_doc!($first $cells)]
                pub $member: $type,
            )? )*
        }

        impl $record {
            /// The field table.
            pub const SPEC: &'static crate::spec::RecordSpec = &crate::spec::RecordSpec {
                id: $id,
                name: $name,
                columns: $columns,
                groups: &[ $( crate::spec::group!($first $cells) ),* ],
            };
        }

        impl crate::value::Record for $record {
            fn read(cells: &mut crate::cells::Cells<'_>) -> Self {
                let record = Self { $( $(
                    $member: {
                        const GROUP: crate::spec::Group = crate::spec::group!($first $cells);
                        cells.seek(GROUP.first);
                        crate::value::Value::read(cells, &GROUP)
                    },
                )? )* };
                cells.finish($columns);
                record
            }

            fn write(&self, out: &mut crate::encoder::Encoder) {
                out.begin(Self::SPEC);
                $( $( {
                    const GROUP: crate::spec::Group = crate::spec::group!($first $cells);
                    out.seek(GROUP.first);
                    crate::value::Value::write(&self.$member, &GROUP, out);
                } )? )*
                out.end($columns);
            }
        }
    };
}

/// A [`Group`] from an entry of [`record!`].
macro_rules! group {
    ($first:literal { $(times $repeat:literal;)? $( $name:literal $mode:ident $bytes:literal $width:ident $need:ident
        $((in $table:ident))? $(or $code:literal)? $(: $note:literal)? ),+ $(,)? }) => {
        crate::spec::Group {
            first: $first,
            repeat: 1 $( - 1 + $repeat )?,
            columns: &[ $( crate::spec::Column {
                name: $name,
                mode: crate::spec::Mode::$mode,
                bytes: $bytes,
                width: crate::spec::Width::$width,
                need: crate::spec::Need::$need,
                table: crate::spec::optional!($(&crate::table::$table)?),
                code: concat!($($code)?),
            } ),+ ],
        }
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// The doc line of a member: `5: 診療行為コード, 9 bytes, Fixed, Digits, Always`.
macro_rules! column_doc {
    ($first:literal { $(times $repeat:literal;)? $( $name:literal $mode:ident $bytes:literal $width:ident $need:ident
        $((in $table:ident))? $(or $code:literal)? $(: $note:literal)? ),+ $(,)? }) => {
        concat!(
            $first, ": ",
            $( $name, ", ", $bytes, " bytes, ", stringify!($width), ", ", stringify!($mode), ", ", stringify!($need), ". ",
               $( $note, " ", )? )+
        )
    };
}

pub(crate) use {column_doc, group, optional, record};
