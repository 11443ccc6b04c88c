import Foundation

/// Letters made of lines, for pictures that are painted here; also measures text, as well as can be known, for those that are not.
enum StrokeFont {
    /// A letter on a grid: lines of points, and the width that they take.
    struct Glyph {
        var lines: [[Spot]]
        var width: Double
    }

    // The grid of a letter: y is 2 on the base line, 6 at the height of an x, 8 at that of an X. Units by the size of the text:
    private static let (unitX, unitY, gap) = (0.125, 0.12, 1.6)
    private static let (raise, reduction) = (4.0, 0.62)

    /// The width of a text.
    static func width(of text: String, size: Double) -> Double {
        max(0, text.reduce(-gap) { $0 + advance($1) }) * unitX * size
    }

    /// The lines of a text in its place.
    static func lines(of text: Drawing.Text) -> [[Spot]] {
        let length = width(of: text.string, size: text.size)
        let start =
            switch text.anchor {
            case .start: 0.0
            case .middle: -length / 2
            case .end: -length
            }
        var lines: [[Spot]] = []
        var place = 0.0
        for character in text.string {
            let (glyph, isRaised) = glyph(of: character)
            let factor = isRaised ? reduction : 1
            for line in glyph.lines {
                lines.append(
                    line.map { spot in
                        let along = start + (place + factor * spot.x) * unitX * text.size
                        let up = ((isRaised ? raise : 0) + factor * (spot.y - 2)) * unitY * text.size
                        return text.isUpright
                            ? Spot(x: text.spot.x - up, y: text.spot.y - along)
                            : Spot(x: text.spot.x + along, y: text.spot.y - up)
                    })
            }
            place += advance(character)
        }
        return lines
    }

    private static func advance(_ character: Character) -> Double {
        let (glyph, isRaised) = glyph(of: character)
        return (isRaised ? reduction : 1) * glyph.width + gap
    }

    /// The letter and whether it is small and raised. A letter with a mark above is drawn without it, an unknown one as a box.
    private static func glyph(of character: Character) -> (glyph: Glyph, isRaised: Bool) {
        if let place = raised.firstIndex(of: character), let glyph = glyphs[Array("0123456789−")[place]] {
            return (glyph, true)
        }
        let plain = "\(character)".folding(options: .diacriticInsensitive, locale: nil).first ?? character
        return (glyphs[character] ?? glyphs[plain] ?? box, false)
    }

    private static let raised = Array("⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    private static let box = Glyph(strokes: ["0208383202"])

    private static let glyphs: [Character: Glyph] = {
        var glyphs: [Character: Glyph] = [" ": Glyph(lines: [], width: 2)]
        for entry in table.split(separator: "\n") {
            let parts = entry.split(separator: " ")
            for character in parts[0] { glyphs[character] = Glyph(strokes: parts.dropFirst().map(String.init)) }
        }
        return glyphs
    }()
}

extension StrokeFont.Glyph {
    /// Lines of points, each two digits: across and up.
    fileprivate init(strokes: [String]) {
        lines = strokes.map { stroke in
            let digits = stroke.compactMap(\.wholeNumberValue).map(Double.init)
            return stride(from: 0, to: digits.count - 1, by: 2).map { Spot(x: digits[$0], y: digits[$0 + 1]) }
        }
        width = lines.joined().map(\.x).max() ?? 0
    }
}
