//! Opening the compiled masters against a plain read of the same file, in one run.
//!
//! Sources: the folder in `TENSU_MASTERS_DIR`, else the official files beside the workspace, else the fixture.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use masters::{Masters, Options, import};

const RUNS: usize = 30;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = sources();
    let started = Instant::now();
    let imported = import(std::slice::from_ref(&folder), Options::default())?;
    println!("import of {}: {:?}", folder.display(), started.elapsed());
    let path = std::env::temp_dir().join(format!("tensu-open-bench-{}.bin", std::process::id()));
    std::fs::write(&path, &imported.bytes)?;
    let outcome = measure(&path);
    std::fs::remove_file(&path)?;
    outcome
}

fn sources() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let near = here.join("../shared/data/masters");
    match std::env::var_os("TENSU_MASTERS_DIR") {
        Some(folder) => PathBuf::from(folder),
        None if near.is_dir() => near,
        None => here.join("fixtures/masters"),
    }
}

fn measure(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let size = std::fs::metadata(path)?.len();
    let read = best(|| std::fs::read(path).map(|bytes| bytes.len()))?;
    let open = best(|| Masters::open(path).map(|masters| masters.acts().len()))?;
    let lookups = Masters::open(path)?;
    let day = "2026-06-01".parse()?;
    let codes: Vec<_> =
        lookups.acts().iter().filter_map(|row| kernel::ActCode::from_number(row.validity.code)).collect();
    let all = best(|| Ok::<_, std::io::Error>(codes.iter().filter(|code| lookups.act(**code, day).is_some()).count()))?;
    println!("file: {} KiB", size / 1024);
    println!("plain read: {read:?}");
    println!("open:       {open:?}");
    println!("open / read: {} %", open.as_nanos() * 100 / read.as_nanos().max(1));
    println!("lookup of an act: {} ns", all.as_nanos() / u128::try_from(codes.len().max(1))?);
    Ok(())
}

/// The shortest of some runs: the others measure other processes.
fn best<T, E>(mut run: impl FnMut() -> Result<T, E>) -> Result<Duration, E> {
    let mut shortest = Duration::MAX;
    for _ in 0..RUNS {
        let started = Instant::now();
        std::hint::black_box(run()?);
        shortest = shortest.min(started.elapsed());
    }
    Ok(shortest)
}
