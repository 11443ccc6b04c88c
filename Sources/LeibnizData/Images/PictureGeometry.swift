import Foundation

extension Picture {
    /// The picture mirrored left to right.
    public func flippedHorizontally() -> Picture {
        withRows(height: height, width: width) { source, target in
            for row in 0..<channels * height {
                let start = row * width
                for column in 0..<width { target[start + column] = source[start + width - 1 - column] }
            }
        }
    }

    /// The picture mirrored top to bottom.
    public func flippedVertically() -> Picture {
        withRows(height: height, width: width) { source, target in
            for row in 0..<channels * height {
                let (from, to) = ((row / height * height + height - 1 - row % height) * width, row * width)
                for column in 0..<width { target[to + column] = source[from + column] }
            }
        }
    }

    /// A part of the picture; what lies outside is filled.
    ///
    /// - Parameters:
    ///   - top, left: its first row and column; may be negative.
    ///   - filler: what stands outside of the picture, 0 by default.
    public func cropped(top: Int, left: Int, height rows: Int, width columns: Int, filler: Float = 0) -> Picture {
        let (rows, columns) = (max(0, rows), max(0, columns))
        // The columns of the result that the picture has.
        let first = min(columns, max(0, -left)), end = max(first, min(columns, width - left))
        return withRows(height: rows, width: columns) { source, target in
            for channel in 0..<channels {
                for row in 0..<rows {
                    let to = (channel * rows + row) * columns
                    let isInside = row + top >= 0 && row + top < height
                    let (first, end) = isInside ? (first, end) : (columns, columns)
                    for column in 0..<first { target[to + column] = filler }
                    if first < end {
                        let from = (channel * height + row + top) * width + left
                        for column in first..<end { target[to + column] = source[from + column] }
                    }
                    for column in end..<columns { target[to + column] = filler }
                }
            }
        }
    }

    /// A picture of as many channels whose every number `fill` writes, from this one's.
    private func withRows(
        height: Int, width: Int,
        _ fill: (_ source: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>) -> Void
    ) -> Picture {
        let count = channels * height * width
        let result = pixels.withUnsafeBufferPointer { source in
            [Float](unsafeUninitializedCapacity: count) { target, initialized in
                fill(source, target)
                initialized = count
            }
        }
        return Picture(channels: channels, height: height, width: width, pixels: result)
    }

    /// A map of the plane around the picture's middle: turned, stretched, sheared, then moved.
    public struct Affine: Sendable, Hashable {
        /// Degrees, counter-clockwise.
        public var rotation = 0.0
        /// Pixels to the right and down.
        public var translation = (0.0, 0.0)
        /// Factor of all lengths, above 0.
        public var scale = 1.0
        /// Degrees by which vertical lines lean.
        public var shear = 0.0

        /// A map; by default the identity.
        public init(rotation: Double = 0, translation: (Double, Double) = (0, 0), scale: Double = 1, shear: Double = 0)
        {
            (self.rotation, self.translation, self.scale, self.shear) = (rotation, translation, scale, shear)
        }

        /// Whether both are the same map.
        public static func == (a: Affine, b: Affine) -> Bool {
            a.rotation == b.rotation && a.translation == b.translation && a.scale == b.scale && a.shear == b.shear
        }

        /// Hashes what `==` compares.
        public func hash(into hasher: inout Hasher) {
            for number in [rotation, translation.0, translation.1, scale, shear] { hasher.combine(number) }
        }
    }

    /// The picture under an affine map, of the same size, between pixels by bilinear interpolation.
    ///
    /// With A = scale · R(rotation) · S(shear), a pixel at p (from the middle) comes from A⁻¹(p − translation).
    ///
    /// - Parameter filler: what stands outside of the picture, 0 by default.
    public func mapped(by map: Affine, filler: Float = 0) -> Picture {
        let (angle, lean) = (map.rotation * .pi / 180, tan(map.shear * .pi / 180))
        let (c, s) = (cos(angle) * map.scale, sin(angle) * map.scale)
        // Rows run down, so counter-clockwise is (x, y) → (c x + s y, −s x + c y); the shear adds lean · y to x first.
        let (a, b, d, e) = (c, c * lean + s, -s, -s * lean + c)
        let determinant = a * e - b * d
        let (middleX, middleY) = (Double(width - 1) / 2, Double(height - 1) / 2)
        return Picture(channels: channels, height: height, width: width) { channel, row, column in
            let x = Double(column) - middleX - map.translation.0, y = Double(row) - middleY - map.translation.1
            return interpolated(
                channel, row: (a * y - d * x) / determinant + middleY, column: (e * x - b * y) / determinant + middleX,
                filler)
        }
    }

    /// The picture turned counter-clockwise around its middle.
    public func rotated(degrees: Double, filler: Float = 0) -> Picture {
        mapped(by: Affine(rotation: degrees), filler: filler)
    }

    /// The picture in another size, by bilinear interpolation between the middles of pixels.
    public func resized(height rows: Int, width columns: Int) -> Picture {
        let (vertical, horizontal) = (Double(height) / Double(max(1, rows)), Double(width) / Double(max(1, columns)))
        return Picture(channels: channels, height: rows, width: columns) { channel, row, column in
            let y = min(max((Double(row) + 0.5) * vertical - 0.5, 0), Double(height - 1))
            let x = min(max((Double(column) + 0.5) * horizontal - 0.5, 0), Double(width - 1))
            return interpolated(channel, row: y, column: x, 0)
        }
    }

    private func interpolated(_ channel: Int, row: Double, column: Double, _ filler: Float) -> Float {
        // Places that miss a pixel by the rounding of sines are that pixel.
        let (row, column) = (snapped(row), snapped(column))
        let (top, left) = (row.rounded(.down), column.rounded(.down))
        guard top >= -1, left >= -1, top < Double(height), left < Double(width) else { return filler }
        let (v, u) = (Float(row - top), Float(column - left))
        func at(_ row: Int, _ column: Int) -> Float {
            row >= 0 && row < height && column >= 0 && column < width ? self[channel, row, column] : filler
        }
        let (y, x) = (Int(top), Int(left))
        var sum: Float = 0
        for (row, share) in [(y, 1 - v), (y + 1, v)] where share > 0 {
            if u < 1 { sum += share * (1 - u) * at(row, x) }
            if u > 0 { sum += share * u * at(row, x + 1) }
        }
        return sum
    }

    private func snapped(_ place: Double) -> Double {
        let nearest = place.rounded()
        return abs(place - nearest) < 1e-9 ? nearest : place
    }
}
