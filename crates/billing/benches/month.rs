//! A clinic's month of 1,020 receipts: documents in memory to two claim files in memory.
//!
//! The demo clinic (30 patients, 60 visits) 34 times over, with the masters of `fixtures/masters`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use billing::claim::{self, Input};
use billing::clinic::{Clinic, Event, Patient};
use billing::encounter;
use engine::Engine;
use kernel::ClaimMonth;

const COPIES: usize = 34;
const ROUNDS: usize = 5;

fn main() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let engine = Engine::new(masters::import_to_memory(&[fixtures.join("masters")]).unwrap());
    let clinic = clinic(&fixtures.join("demo-clinic/a"));
    let month: ClaimMonth = "2026-10".parse().unwrap();
    let mut best = [Duration::MAX; 4];
    let mut receipts = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let encounters = encounter::requests(&clinic, month);
        let after_requests = Instant::now();
        let calculated = claim::calculate(&engine, encounters);
        let after_calculation = Instant::now();
        let claims = claim::build(&Input {
            clinic: &clinic,
            claim_month: month.plus_months(1),
            calculated: &calculated,
            masters: engine.masters(),
            hold: false,
        });
        let end = Instant::now();
        receipts = claims.summary.files.iter().map(|file| file.receipts).sum();
        let parts = [after_requests - start, after_calculation - after_requests, end - after_calculation, end - start];
        for (best, part) in best.iter_mut().zip(parts) {
            *best = part.min(*best);
        }
    }
    println!("{receipts} receipts of {} patients, best of {ROUNDS} rounds", clinic.patients.len());
    for (name, part) in ["documents to requests", "calculation", "results to files", "whole month"].iter().zip(best) {
        println!("{name:>22}: {:>6} ms", part.as_millis());
    }
}

fn clinic(folder: &Path) -> Clinic {
    let mut clinic: Clinic = read(&folder.join("clinic.json"));
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder.join("patients")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let patients: Vec<Patient> = paths.iter().map(|path| read(path)).collect();
    let events: Vec<Event> =
        fs::read_dir(folder.join("events")).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
    let demo = Clinic { patients, ..clinic.clone() }.with_events(&events).0;
    for copy in 0..COPIES {
        for patient in &demo.patients {
            let mut patient = patient.clone();
            patient.id = format!("{}-{copy}", patient.id);
            patient.number = format!("{copy:03}{}", patient.number);
            clinic.patients.push(patient);
        }
    }
    clinic
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
