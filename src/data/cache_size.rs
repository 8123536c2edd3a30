//! How much memory the pictures of a folder may take.

use std::fmt;
use std::str::FromStr;

/// How many bytes of a folder's pictures are kept in memory. It is written like "2GB".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSize(pub u64);

/// The units, from the largest to the smallest.
const UNITS: [(&str, u64); 4] = [
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("", 1),
];

impl Default for CacheSize {
    /// 2 GB, enough for 13,000 images of 3×224×224.
    fn default() -> Self {
        Self(2_000_000_000)
    }
}

impl fmt::Display for CacheSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |&&(_, unit): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(unit);
        let (name, unit) = UNITS.iter().find(whole).unwrap_or(&("", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl FromStr for CacheSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_uppercase();
        let suffix = |(name, _): &&(&str, u64)| upper.ends_with(name);
        let (name, unit) = UNITS.iter().find(suffix).unwrap_or(&("", 1));
        let number = upper[..upper.len() - name.len()].trim_end();
        let size = match number.parse::<u64>() {
            Ok(number) => number.checked_mul(*unit),
            Err(_) => {
                let number = number.parse::<f64>().ok();
                let bytes = number.map(|number| number * *unit as f64);
                let fits = |bytes: &f64| (0.0..1e18).contains(bytes);
                bytes.filter(fits).map(|bytes| bytes as u64)
            }
        };
        let size =
            size.ok_or("give a number of bytes with KB, MB or GB, for example 2GB, 500MB or 0");
        Ok(Self(size?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for (text, bytes) in [
            ("0", 0),
            ("2GB", 2_000_000_000),
            ("500MB", 500_000_000),
            ("3KB", 3000),
            ("12345", 12_345),
        ] {
            let size: CacheSize = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (bytes, text));
        }
        assert_eq!("1.5 gb".parse(), Ok(CacheSize(1_500_000_000)));
        assert_eq!(CacheSize::default().to_string(), "2GB");
        for text in ["", "GB", "-1", "2TB", "1e30GB", "nan", "99999999999GB"] {
            assert!(text.parse::<CacheSize>().is_err(), "{text}");
        }
    }
}
