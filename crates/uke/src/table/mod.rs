//! Code tables (別表) of 記録条件仕様(医科用). Numbers follow the editions since 令和2年.

mod claim;
mod hospital;
mod line;
mod place;
mod receipt;
mod receipt_type;

pub use claim::*;
pub use hospital::*;
pub use line::*;
pub use place::*;
pub use receipt::*;
pub use receipt_type::*;

/// A code table (別表): its rows with their labels.
#[derive(Debug)]
pub struct CodeTable {
    /// `別表18 転帰区分`.
    pub name: &'static str,
    /// Digits of a code.
    pub width: u8,
    /// Code and label.
    pub rows: &'static [(u16, &'static str)],
}

impl CodeTable {
    /// The label of a code, if the table has it.
    pub fn label(&self, code: u16) -> Option<&'static str> {
        self.rows.iter().find(|row| row.0 == code).map(|row| row.1)
    }

    /// The codes written in a field, one or several run together, with their labels (`None`: not listed).
    pub fn codes<'a>(&'static self, field: &'a [u8]) -> impl Iterator<Item = (&'a [u8], Option<&'static str>)> {
        field.chunks(usize::from(self.width).max(1)).map(|code| {
            let number = crate::value::digits(code).and_then(|number| u16::try_from(number).ok());
            let is_whole = code.len() == usize::from(self.width);
            (code, number.filter(|_| is_whole).and_then(|number| self.label(number)))
        })
    }
}

/// A code of fixed width that can be written and read.
pub trait Code: Copy {
    /// Digits.
    const WIDTH: usize;

    /// The code as a number.
    fn number(self) -> u32;

    /// The code of a number that has at most `WIDTH` digits.
    fn of(number: u32) -> Option<Self>;
}

/// A code type with its table. Any code of the right width can be held, so that a foreign file can be read;
/// the check and the writer refuse codes the table does not list.
macro_rules! code_table {
    ($(#[$doc:meta])* $code:ident $table:ident $name:literal $width:literal { $( $number:literal $label:literal ),* $(,)? }) => {
        $(#[$doc])*
        ///
        #[doc = concat!("Rows:", $( " `", $number, "` ", $label, "," ),* )]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $code(u16);

        #[doc = concat!($name, " as a table.")]
        pub static $table: crate::table::CodeTable =
            crate::table::CodeTable { name: $name, width: $width, rows: &[ $( ($number, $label) ),* ] };

        impl $code {
            /// The code of a number, listed or not.
            pub const fn new(number: u16) -> Self {
                Self(number)
            }

            /// The code as a number.
            pub const fn get(self) -> u16 {
                self.0
            }

            /// The official label; `None` when the table does not list the code.
            pub fn label(self) -> Option<&'static str> {
                $table.label(self.0)
            }
        }

        impl crate::table::Code for $code {
            const WIDTH: usize = $width;

            fn number(self) -> u32 {
                u32::from(self.0)
            }

            fn of(number: u32) -> Option<Self> {
                u16::try_from(number).ok().map(Self)
            }
        }
    };
}

pub(crate) use code_table;

macro_rules! kernel_code {
    ($($code:ident $width:literal),*) => { $(
        impl Code for kernel::$code {
            const WIDTH: usize = $width;

            fn number(self) -> u32 {
                self.number()
            }

            fn of(number: u32) -> Option<Self> {
                Self::from_number(number)
            }
        }
    )* };
}

kernel_code!(ActCode 9, DrugCode 9, MaterialCode 9, CommentCode 9, DiagnosisCode 7, ModifierCode 4);
