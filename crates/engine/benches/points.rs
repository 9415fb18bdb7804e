//! Speed of the fee calculation: one visit, a patient-month, growth with visits.
//!
//! Prints best, median and 99th percentile of many runs on one core, beside the aims: one visit p50 50 µs, p99
//! 200 µs; a month of 4 visits 150 µs; a batch 20,000 visits/s. Numbers after `--` choose the months by
//! their visits: `cargo bench -p engine --bench points -- 4`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions, clippy::float_arithmetic)]
#![allow(clippy::indexing_slicing)]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use calculation::{CalculationModule, Request};
use engine::Engine;
use masters::Masters;

fn masters() -> Masters {
    match std::env::var_os("TENSU_MASTERS").map(PathBuf::from) {
        Some(path) if path.is_file() => Masters::open(&path).unwrap(),
        Some(path) => masters::import_to_memory(&[path]).unwrap(),
        None => {
            let fixtures = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/masters"));
            masters::import_to_memory(&[fixtures]).unwrap()
        }
    }
}

/// A patient with high blood pressure: blood tests, a prescription, sometimes a procedure.
fn request(visits: u32) -> Request {
    let mut request: Request = serde_json::from_str(include_str!("../fixtures/bench-visit.json")).unwrap();
    let pattern = request.visits[0].clone();
    request.visits = (1..=visits)
        .map(|day| {
            let mut visit = pattern.clone();
            visit.id = format!("V{day:02}");
            visit.date = request.month.day(day).unwrap();
            visit
        })
        .collect();
    request
}

fn measure(name: &str, per: u32, rounds: usize, mut run: impl FnMut()) {
    for _ in 0..rounds / 10 + 1 {
        run();
    }
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    let micro = |time: Duration| time.as_secs_f64() * 1e6;
    let median = micro(times[rounds / 2]);
    println!(
        "{name:<40} best {:>8.1} µs  p50 {median:>8.1} µs  p99 {:>8.1} µs  per visit {:>7.1} µs  {:>8.0} visits/s",
        micro(times[0]),
        micro(times[rounds * 99 / 100]),
        median / f64::from(per),
        f64::from(per) / (median / 1e6),
    );
}

/// Patient-months of a clinic, one after the other, each with its own month of 1 to 7 visits.
fn batch(engine: &Engine) {
    const PATIENTS: u32 = 2_000;
    let months: Vec<Request> = (0..PATIENTS)
        .map(|patient| {
            let mut request = request(patient % 7 + 1);
            request.request_id = format!("{patient}");
            request.patient.reference = format!("P{patient}");
            request
        })
        .collect();
    let visits: usize = months.iter().map(|request| request.visits.len()).sum();
    // By the time on a core: other work on the machine does not count.
    let started = Instant::now();
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let before = core_time(started);
            for request in &months {
                black_box(engine.calculate(black_box(request)).unwrap());
            }
            core_time(started).saturating_sub(before)
        })
        .collect();
    times.sort();
    let seconds = times[times.len() / 2].as_secs_f64();
    let rate = f64::from(u32::try_from(visits).unwrap()) / seconds;
    println!("batch, {PATIENTS} patient-months, {visits} visits    median {seconds:.3} s {rate:>8.0} visits/s/core");
}

/// Time this process has had a core; the wall clock where the system does not say.
fn core_time(started: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanos = told.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| started.elapsed(), Duration::from_nanos)
}

fn main() {
    let engine = Engine::new(masters());
    let rounds = std::env::var("TENSU_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let chosen: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    for visits in [1, 4, 16, 31] {
        if !chosen.is_empty() && !chosen.contains(&visits) {
            continue;
        }
        let mut request = request(visits);
        request.sort();
        let answer = engine.calculate(&request).unwrap();
        assert!(answer.visits.iter().all(|visit| visit.points.get() > 0));
        measure(&format!("points, {visits} visits of 12 orders"), visits, rounds, || {
            black_box(engine.points(black_box(&request)));
        });
        measure(&format!("points and charges, {visits} visits"), visits, rounds, || {
            black_box(engine.calculate(black_box(&request)).unwrap());
        });
    }
    if chosen.is_empty() {
        batch(&engine);
    }
}
