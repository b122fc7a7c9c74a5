//! Owns the comparison of two shapes, named field by field. It knows neither formula nor frame.

use std::fmt::Debug;

use crate::formula::Shape;

/// One line for each field in which `seen` is not as `computed`.
pub(crate) fn differences(computed: &Shape, seen: &Shape) -> Vec<String> {
    let mut lines = Vec::new();
    let mut field = |name: &str, a: &dyn Debug, b: &dyn Debug| {
        let (a, b) = (format!("{a:?}"), format!("{b:?}"));
        if a != b {
            lines.push(format!("{name}: computed {a}, seen {b}"));
        }
    };
    field("frame length", &computed.frame, &seen.frame);
    field("start of ESP or AH", &computed.at, &seen.at);
    field("outer protocol", &computed.protocol, &seen.protocol);
    field("IV size", &computed.iv, &seen.iv);
    field("ICV size", &computed.icv, &seen.icv);
    field("padding", &computed.pad, &seen.pad);
    field("next header", &computed.next_header, &seen.next_header);
    field("inner length", &computed.inner, &seen.inner);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each field by itself is missed by no comparison.
    #[test]
    fn every_field_is_compared() {
        let shape = Shape {
            frame: 154,
            at: 34,
            protocol: 50,
            iv: 8,
            icv: 16,
            pad: 2,
            next_header: 4,
            inner: 84,
        };
        assert_eq!(differences(&shape, &shape), Vec::<String>::new());
        let spoils: [fn(&mut Shape); 8] = [
            |s| s.frame += 1,
            |s| s.at += 1,
            |s| s.protocol += 1,
            |s| s.iv += 1,
            |s| s.icv += 1,
            |s| s.pad += 1,
            |s| s.next_header += 1,
            |s| s.inner += 1,
        ];
        for spoil in spoils {
            let mut other = shape;
            spoil(&mut other);
            assert_eq!(differences(&shape, &other).len(), 1, "{other:?}");
        }
    }
}
