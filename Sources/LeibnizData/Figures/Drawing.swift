/// A place on paper, in points from the top left corner.
struct Spot: Hashable {
    var x, y: Double
}

/// A rectangle on paper.
struct Frame {
    var left, top, right, bottom: Double
    var width: Double { right - left }
    var height: Double { bottom - top }

    /// The part of a segment that lies within, or `nil` (Liang & Barsky 1984).
    func clipped(_ a: Spot, _ b: Spot) -> (Spot, Spot)? {
        var (from, to) = (0.0, 1.0)
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        for (speed, room) in [(-dx, a.x - left), (dx, right - a.x), (-dy, a.y - top), (dy, bottom - a.y)] {
            if speed == 0 {
                if room < 0 { return nil }
            } else if speed < 0 {
                from = max(from, room / speed)
            } else {
                to = min(to, room / speed)
            }
        }
        guard from <= to else { return nil }
        return (Spot(x: a.x + from * dx, y: a.y + from * dy), Spot(x: a.x + to * dx, y: a.y + to * dy))
    }

    func contains(_ spot: Spot) -> Bool { spot.x >= left && spot.x <= right && spot.y >= top && spot.y <= bottom }
}

/// What a figure consists of once every number has its place: a list of marks, the later above the earlier.
struct Drawing {
    enum Mark {
        case line([Spot], width: Double, color: Color, isDashed: Bool)
        case area([Spot], color: Color)
        case disc(Spot, radius: Double, color: Color)
        case text(Text)
        /// Cells of one colour each, row by row from the top, that fill a frame.
        case cells(Frame, columns: Int, rows: Int, [Color])
    }

    struct Text {
        enum Anchor: String { case start, middle, end }
        var string: String
        /// The left end, middle or right end of the base line.
        var spot: Spot
        var size: Double
        var anchor = Anchor.middle
        /// Whether it is read from below upwards.
        var isUpright = false
        var color = Color(0x262626)
    }

    let width, height: Double
    var marks: [Mark] = []
}
