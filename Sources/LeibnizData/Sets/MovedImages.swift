import LeibnizCore

extension ImageSet {
    /// The images with the given numbers as a pass sees them that mirrors and moves them by chance; what comes in from outside is 0.
    ///
    /// Copies bytes, compiles nothing. What becomes of an image follows from seed, epoch and its number alone.
    ///
    /// - Parameters:
    ///   - shift: how many pixels an image is moved at most, along each axis and either way.
    ///   - flips: whether every second image, by chance, is mirrored left to right.
    public func movedBatch(
        _ indices: some Collection<Int>, shift: Int, flips: Bool, seed: Int, epoch: Int
    ) -> ImageBatch {
        var pixels = [UInt8](repeating: 0, count: indices.count * imageByteCount)
        images.withUnsafeBytes { source in
            pixels.withUnsafeMutableBytes { target in
                for (place, index) in indices.enumerated() {
                    var random = SampleRandom(seed: seed, epoch: epoch, sample: index)
                    let isMirrored = flips && random.chance(0.5)
                    let down = random.integer(below: 2 * shift + 1) - shift
                    let right = random.integer(below: 2 * shift + 1) - shift
                    for plane in 0..<channels {
                        copy(
                            source, from: index * imageByteCount + plane * height * width, to: target,
                            at: place * imageByteCount + plane * height * width, down: down, right: right,
                            isMirrored: isMirrored)
                    }
                }
            }
        }
        let labels = labels(at: indices)
        return ImageBatch(
            images: pixels.withUnsafeBytes {
                Tensor(bytes: $0, shape: [indices.count, channels, height, width], .uint8)
            }, labels: labels.withUnsafeBytes { Tensor(bytes: $0, shape: [indices.count], .uint8) })
    }

    /// One plane, moved and then mirrored.
    private func copy(
        _ source: UnsafeRawBufferPointer, from start: Int, to target: UnsafeMutableRawBufferPointer, at end: Int,
        down: Int, right: Int, isMirrored: Bool
    ) {
        let columns = max(0, right)..<max(max(0, right), min(width, width + right))
        for row in max(0, down)..<max(max(0, down), min(height, height + down)) {
            let from = start + (row - down) * width - right, to = end + row * width
            if isMirrored {
                for column in columns { target[to + width - 1 - column] = source[from + column] }
            } else {
                for column in columns { target[to + column] = source[from + column] }
            }
        }
    }
}
