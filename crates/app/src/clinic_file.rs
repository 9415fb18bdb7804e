//! Reading a clinic document: one file, or a folder with clinic.json, patients/*.json, visits/*.json, events/*.json.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use anyhow::{Context, bail};
use billing::clinic::{Clinic, Event, Moment, Patient, PatientVisits};
use calculation::TimeOfDay;
use kernel::{Finding, ServiceDate};
use serde::de::DeserializeOwned;

/// Bytes of one document file at most.
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files of a document folder at most.
const DOCUMENT_FILES_MAX: usize = 200_000;

/// The clinic with its events up to the end of a day (all without one), and what did not fit together in its files.
pub fn read(path: &Path, known_on: Option<ServiceDate>) -> anyhow::Result<(Clinic, Vec<Finding>)> {
    let (clinic, events, mut findings) = opening(path)?;
    let last = TimeOfDay::new(23, 59).context("the last minute of a day")?;
    let (clinic, more) = match known_on {
        Some(on) => clinic.known_at(&events, Moment { on, at: last }),
        None => clinic.with_events(&events),
    };
    findings.extend(more);
    Ok((clinic, findings))
}

/// The clinic before its events, the events, and what did not fit together in its files.
pub fn opening(path: &Path) -> anyhow::Result<(Clinic, Vec<Event>, Vec<Finding>)> {
    if !path.is_dir() {
        return Ok((read_json(path)?, Vec::new(), Vec::new()));
    }
    let clinic: Clinic = read_json(&path.join("clinic.json"))?;
    let patients: Vec<Patient> = read_folder(&path.join("patients"))?;
    let visits: Vec<PatientVisits> = read_folder(&path.join("visits"))?;
    let events: Vec<Event> = read_folder(&path.join("events"))?;
    let (clinic, findings) = clinic.merge(patients, visits);
    Ok((clinic, events, findings))
}

/// Every `*.json` of a folder, by name; none when there is no such folder.
fn read_folder<T: DeserializeOwned>(folder: &Path) -> anyhow::Result<Vec<T>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading the folder {}", folder.display())),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("reading the folder {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    if paths.len() > DOCUMENT_FILES_MAX {
        bail!("{} has {} files, allowed are {DOCUMENT_FILES_MAX}", folder.display(), paths.len());
    }
    paths.sort();
    paths.iter().map(|path| read_json(path)).collect()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let size = file.metadata().with_context(|| format!("looking at {}", path.display()))?.len();
    if size > DOCUMENT_BYTES_MAX {
        bail!("{} has {size} bytes, allowed are {DOCUMENT_BYTES_MAX}", path.display());
    }
    serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{} is no clinic document", path.display()))
}
