//! The records (レコード), one file each.

mod co;
mod go;
mod gr;
mod hg;
mod hi;
mod ho;
mod hr;
mod ir;
mod iy;
mod jd;
mod ko;
mod mf;
mod re;
mod si;
mod sj;
mod sn;
mod sy;
mod to;

pub use co::Co;
pub use go::Go;
pub use gr::Gr;
pub use hg::Hg;
pub use hi::Hi;
pub use ho::Ho;
pub use hr::Hr;
pub use ir::Ir;
pub use iy::Iy;
pub use jd::Jd;
pub use ko::Ko;
pub use mf::Mf;
pub use re::Re;
pub use si::Si;
pub use sj::Sj;
pub use sn::Sn;
pub use sy::Sy;
pub use to::To;
