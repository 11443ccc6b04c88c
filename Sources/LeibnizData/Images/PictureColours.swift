extension Picture {
    /// Each colour times a factor, within 0 … 1.
    public func brightened(by factor: Float) -> Picture { replacing { min(1, max(0, $0 * factor)) } }

    /// Distances from the mean of the grey picture times a factor, within 0 … 1.
    public func contrasted(by factor: Float) -> Picture {
        let grey = grey
        let mean = grey.isEmpty ? 0 : grey.reduce(0, +) / Float(grey.count)
        return replacing { min(1, max(0, mean + ($0 - mean) * factor)) }
    }

    /// Distances from the grey of each pixel times a factor, within 0 … 1; a grey picture stays as it is.
    public func saturated(by factor: Float) -> Picture {
        guard channels == 3 else { return self }
        let (grey, area) = (grey, height * width)
        var result = self
        for place in pixels.indices {
            let base = grey[place % area]
            result.pixels[place] = min(1, max(0, base + (pixels[place] - base) * factor))
        }
        return result
    }

    /// (x − mean) / deviation, channel by channel.
    ///
    /// - Precondition: there is a mean and a deviation for every channel.
    public func normalized(mean: [Float], deviation: [Float]) -> Picture {
        let area = height * width
        var result = self
        result.pixels.withUnsafeMutableBufferPointer { pixels in
            for channel in 0..<channels {
                let (mean, deviation) = (mean[channel], deviation[channel])
                for place in channel * area..<(channel + 1) * area {
                    pixels[place] = (pixels[place] - mean) / deviation
                }
            }
        }
        return result
    }

    /// A rectangle filled; what of it lies outside of the picture does not count.
    public func erasing(top: Int, left: Int, height rows: Int, width columns: Int, filler: Float = 0) -> Picture {
        var result = self
        let (firstRow, firstColumn) = (max(0, top), max(0, left))
        let (endRow, endColumn) = (min(height, top + rows), min(width, left + columns))
        guard firstRow < endRow, firstColumn < endColumn else { return self }
        for channel in 0..<channels {
            for row in firstRow..<endRow {
                let start = (channel * height + row) * width
                for column in firstColumn..<endColumn { result.pixels[start + column] = filler }
            }
        }
        return result
    }

    /// The brightness of each pixel, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); the first plane of other pictures.
    private var grey: [Float] {
        let area = height * width
        guard channels == 3 else { return Array(pixels.prefix(area)) }
        return (0..<area).map { 0.299 * pixels[$0] + 0.587 * pixels[area + $0] + 0.114 * pixels[2 * area + $0] }
    }

    private func replacing(_ function: (Float) -> Float) -> Picture {
        var result = self
        for place in pixels.indices { result.pixels[place] = function(pixels[place]) }
        return result
    }
}
