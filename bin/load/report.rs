//! The report of a run as text, and tables.

use std::fmt::{self, Write};

use crate::measurement::{Arriving, Measurement, PERCENTILES, milliseconds};

/// The report of one run, in a few lines.
pub(crate) fn text(run: &Measurement) -> String {
    let Measurement { subject, clients, senders, size, .. } = run;
    let mode = match run.rate {
        None => "each sends when its last text came back".to_owned(),
        Some(rate) => format!("{} texts/s on schedule", grouped(rate)),
    };
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = writeln!(out, "{subject}: {clients} clients, {senders} senders, {size} bytes, {mode}");
    arriving(&mut out, "connect", &run.connect);
    if let Some(login) = &run.login {
        arriving(&mut out, "login", login);
    }
    let _ = writeln!(out, "messages    {}/s", grouped(run.messages_per_second()));
    let _ = writeln!(out, "deliveries  {}/s", grouped(run.deliveries_per_second()));
    let _ = write!(out, "latency   ");
    for (name, share) in PERCENTILES {
        let value = significant(milliseconds(run.latency.percentile(share)));
        let _ = write!(out, "  {name} {value} ms");
    }
    let _ = writeln!(out, "  max {} ms", significant(milliseconds(run.latency.max())));
    let _ = writeln!(out, "violations  {}", run.violations);
    out
}

fn arriving(out: &mut String, what: &str, arriving: &Arriving) {
    let _ = writeln!(
        out,
        "{what:<12}{} s for all, each {} ms in the median, {} ms at most",
        significant(arriving.all.as_secs_f64()),
        significant(milliseconds(arriving.each.percentile(0.5))),
        significant(milliseconds(arriving.each.max())),
    );
}

/// Formats a whole number in groups of three digits: `1 234 567`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut out = String::new();
    if number <= -0.5 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Formats a number with three significant digits: `0.0123`, `1.23`, `123`, `12345`.
pub(crate) fn significant(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let magnitude = number.abs().log10().floor() as i32;
    let decimals = usize::try_from(2 - magnitude).unwrap_or(0).min(9);
    format!("{number:.decimals$}")
}

/// Writes rows as a markdown table with aligned columns. The first row is the header. Numbers are
/// right-aligned.
pub(crate) fn write_table(f: &mut impl Write, rows: &[Vec<String>]) -> fmt::Result {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
    };
    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            match column {
                1 => write!(f, "| {cell:<width$} ")?,
                _ => write!(f, "| {cell:>width$} ")?,
            }
        }
        writeln!(f, "|")?;
        if index == 0 {
            for column in 0..row.len() {
                let dashes = "-".repeat(width(column));
                match column {
                    1 => write!(f, "|:{dashes}-")?,
                    _ => write!(f, "|-{dashes}:")?,
                }
            }
            writeln!(f, "|")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        let told = [0.0, 7.0, 999.6, 1_234_567.2, -1_500.0].map(grouped);
        assert_eq!(told, ["0", "7", "1 000", "1 234 567", "-1 500"]);
    }

    #[test]
    fn numbers_have_three_significant_digits() {
        let told = [0.0, 0.012_345, 1.0, 12.345, 123.45, 12_345.0].map(significant);
        assert_eq!(told, ["0", "0.0123", "1.00", "12.3", "123", "12345"]);
    }

    #[test]
    fn a_table_is_markdown_with_aligned_columns() {
        let rows =
            [["n", "who", "x"], ["1000", "é", "0.5"]].map(|row| row.map(str::to_owned).to_vec());
        let mut table = String::new();
        write_table(&mut table, &rows).unwrap();
        assert_eq!(table, "|    n | who |   x |\n|-----:|:----|----:|\n| 1000 | é   | 0.5 |\n");
    }
}
