//! Speed of writing and reading, each beside a limit measured in the same run.
//!
//! `TENSU_BENCH_RECEIPTS` receipts (default 100,000) are made by repeating the sample file. The names `memory`,
//! `batch`, `disk` and `read` after `--` choose what is measured.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use uke::{ClaimWriter, Part, Reader, Receipt};

/// Distinct receipts the files are made of.
const DISTINCT: u32 = 9_999;
/// Receipts of one file: 総件数 counts up to 999,999 HO and KO records.
const FILE_RECEIPTS: u32 = 500_000;
const RUNS: usize = 9;

fn main() {
    // `cargo test --benches` calls the benchmark too; then there is nothing to measure.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let count: u32 = std::env::var("TENSU_BENCH_RECEIPTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let mut receipts = receipts();
    let folder = std::env::temp_dir().join(format!("uke-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("RECEIPTC.UKE");

    write_files(&mut receipts, count, &path);
    read_with_bounded_memory(&path);
    if is_wanted("memory") {
        write_in_memory(&mut receipts);
    }
    if is_wanted("batch") {
        write_batches_in_memory(&mut receipts);
    }
    if is_wanted("disk") {
        write_to_disk(&mut receipts, count, &folder);
    }
    if is_wanted("read") {
        read_to_model(&path);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// `cargo bench -p uke -- read` measures only what is named.
fn is_wanted(name: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).peekable();
    named.peek().is_none() || named.any(|argument| argument == name)
}

/// Receipts that differ in name, chart number and points.
fn receipts() -> Vec<Receipt> {
    let sample = support::claim_file().receipts;
    (0..DISTINCT)
        .map(|order| {
            let mut receipt = sample[usize::try_from(order).unwrap() % sample.len()].clone();
            let name: String = order
                .to_string()
                .chars()
                .map(|digit| {
                    "一二三四五六七八九十".chars().nth(digit.to_digit(10).unwrap().try_into().unwrap()).unwrap()
                })
                .collect();
            receipt.re.name = format!("見本　{name}").into();
            receipt.re.chart_number = format!("A-{order:06}").into();
            receipt
        })
        .collect()
}

/// Best times of two runs, taken in turn so that other load on the machine meets both.
fn best<A, B>(mut ours: impl FnMut() -> A, mut limit: impl FnMut() -> B) -> ((Duration, A), (Duration, B)) {
    fn timed<T>(run: &mut impl FnMut() -> T) -> (Duration, T) {
        let start = Instant::now();
        let value = run();
        (start.elapsed(), value)
    }
    let mut times = (timed(&mut ours), timed(&mut limit));
    for _ in 1..RUNS {
        let next = (timed(&mut ours), timed(&mut limit));
        if next.0.0 < times.0.0 {
            times.0 = next.0;
        }
        if next.1.0 < times.1.0 {
            times.1 = next.1;
        }
    }
    times
}

fn report(what: &str, ours: Duration, limit: Duration, bytes: u64, target: &str) {
    let speed = |time: Duration| u128::from(bytes) * 1_000 / time.as_nanos().max(1);
    let ratio = limit.as_nanos() * 1_000 / ours.as_nanos().max(1);
    println!(
        "{what}: {} MB/s, limit {} MB/s, ratio {}.{:03} (target {target})",
        speed(ours),
        speed(limit),
        ratio / 1_000,
        ratio % 1_000
    );
}

fn write_claims<W: Write>(receipts: &mut [Receipt], count: u32, output: W) -> u64 {
    let mut writer = ClaimWriter::new(output, support::institution()).unwrap();
    let mut number = 0;
    'file: loop {
        for receipt in receipts.iter_mut() {
            if number == count {
                break 'file;
            }
            number += 1;
            receipt.re.number = Some(number);
            writer.receipt(receipt).unwrap();
        }
    }
    writer.finish().unwrap().bytes
}

/// The same in batches.
fn write_batches<W: Write>(receipts: &mut [Receipt], count: u32, output: W) -> u64 {
    let mut writer = ClaimWriter::new(output, support::institution()).unwrap();
    let mut number = 0;
    while number < count {
        let now = usize::try_from(count - number).unwrap().min(receipts.len());
        for receipt in &mut receipts[..now] {
            number += 1;
            receipt.re.number = Some(number);
        }
        writer.receipts(&receipts[..now]).unwrap();
    }
    writer.finish().unwrap().bytes
}

/// Writes `count` receipts, in files of at most [`FILE_RECEIPTS`], and leaves them on the disk.
fn write_files(receipts: &mut [Receipt], count: u32, path: &Path) -> u64 {
    let mut file = File::create(path).unwrap();
    let (mut left, mut bytes) = (count, 0);
    while left > 0 {
        let now = left.min(FILE_RECEIPTS);
        bytes += write_batches(receipts, now, &mut file);
        left -= now;
    }
    file.sync_all().unwrap();
    bytes
}

/// Peak memory of the process after a whole file was read from the disk, receipt by receipt.
fn read_with_bounded_memory(path: &Path) {
    let before = peak_kilobytes();
    let (lines, points) = read(File::open(path).unwrap());
    let after = peak_kilobytes();
    println!(
        "read of {} MB, {lines} lines, {points} points: peak memory {} MB, {} MB before (target <= 64 MB)",
        std::fs::metadata(path).unwrap().len() / 1_000_000,
        after / 1_000,
        before / 1_000
    );
}

fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn read(input: impl std::io::Read) -> (usize, i64) {
    let mut reader = Reader::new(input);
    let (mut lines, mut points) = (0, 0);
    while let Some(part) = reader.next_part().unwrap() {
        if let Part::Receipt(read) = part {
            lines += read.receipt.lines.len();
            points += read.receipt.total_points().map_or(0, kernel::Points::get);
        }
    }
    (lines, points)
}

/// (1) The writer against a loop that appends the same cells, ready as bytes, without looking at them.
fn write_in_memory(receipts: &mut [Receipt]) {
    // A receipt is written right after it is made: the model is as warm as the cells of the limit.
    let receipts = &mut receipts[..999];
    let count = 999 * 20;
    let mut bytes = Vec::new();
    write_claims(receipts, count, &mut bytes);
    // Few enough cells to stay in the cache: the limit is not to be slowed by its own bookkeeping.
    let cells: Vec<Vec<&[u8]>> = bytes
        .split(|byte| *byte == b'\n')
        .take(1_000)
        .map(|line| line.trim_ascii_end().split(|byte| *byte == b',').collect())
        .collect();
    let mut ours_out = Vec::with_capacity(bytes.len() * 2);
    let mut limit_out = Vec::with_capacity(bytes.len() * 2);
    let write = || {
        ours_out.clear();
        black_box(write_claims(receipts, count, &mut ours_out))
    };
    let append = || {
        limit_out.clear();
        for line in cells.iter().cycle() {
            if limit_out.len() >= bytes.len() {
                break;
            }
            for (order, cell) in line.iter().enumerate() {
                if order > 0 {
                    limit_out.push(b',');
                }
                limit_out.extend_from_slice(cell);
            }
            limit_out.extend_from_slice(b"\r\n");
        }
        black_box(&limit_out).len()
    };
    let ((ours, size), (limit, _)) = best(write, append);
    report("1. write from the model in memory, limit = cells appended one by one", ours, limit, size, ">= 0.4");
}

/// What encoding on all processors gains.
fn write_batches_in_memory(receipts: &mut [Receipt]) {
    let count = DISTINCT * 2;
    let mut copy = receipts.to_vec();
    let ((batches, size), (one_by_one, _)) = best(
        || black_box(write_batches(receipts, count, std::io::sink())),
        || black_box(write_claims(&mut copy, count, std::io::sink())),
    );
    report("   the same in batches on all processors, limit = one by one", batches, one_by_one, size, "none");
}

/// (2) The writer to a file and fsync against a plain write of the same bytes and fsync.
fn write_to_disk(receipts: &mut [Receipt], count: u32, folder: &Path) {
    let (ours_path, plain_path) = (folder.join("ours.UKE"), folder.join("plain.UKE"));
    let mut bytes = Vec::new();
    write_claims(receipts, count.min(FILE_RECEIPTS), &mut bytes);
    let write = || write_files(receipts, count, &ours_path);
    let plain = || {
        let mut file = File::create(&plain_path).unwrap();
        let mut left = count;
        while left > 0 {
            file.write_all(&bytes).unwrap();
            left -= left.min(FILE_RECEIPTS);
        }
        file.sync_all().unwrap();
    };
    let ((ours, size), (plain, ())) = best(write, plain);
    report(
        &format!("2. write of {count} receipts to the disk, limit = plain write + fsync"),
        ours,
        plain,
        size,
        ">= 0.7",
    );
}

/// (3) The reader into the model against csv `ByteRecord`s over the same bytes.
fn read_to_model(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let count_csv = || {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).quoting(false).from_reader(&bytes[..]);
        let mut record = csv::ByteRecord::new();
        let mut records = 0_usize;
        while reader.read_byte_record(&mut record).unwrap() {
            records += black_box(&record).len().min(1);
        }
        records
    };
    let ((ours, lines), (csv, records)) = best(|| black_box(read(&bytes[..])), count_csv);
    assert!(lines.0 > 0 && records > lines.0);
    report("3. read to the model, limit = csv ByteRecord", ours, csv, u64::try_from(bytes.len()).unwrap(), ">= 1.0");
}
