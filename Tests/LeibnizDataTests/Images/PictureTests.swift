import LeibnizCore
import LeibnizData
import Testing

@Suite struct PictureTests {
    let picture = Picture(channels: 1, height: 2, width: 3, pixels: [1, 2, 3, 4, 5, 6])
    let square = Picture(channels: 2, height: 3, width: 3, pixels: (0..<18).map(Float.init))

    @Test func `pixels of every channel come from where a crop or a flip says`() {
        let (height, width) = (3, 4)
        let picture = Picture(
            channels: 2, height: height, width: width, pixels: (0..<2 * height * width).map(Float.init))
        for (top, left, rows, columns) in [(-2, -1, 4, 7), (1, 2, 5, 1), (0, 5, 2, 2), (-9, 0, 3, 3), (1, -6, 2, 5)] {
            let part = picture.cropped(top: top, left: left, height: rows, width: columns, filler: -1)
            for (channel, row, column) in [
                (0, 0, 0), (1, rows - 1, columns - 1), (1, 0, columns - 1), (0, rows / 2, columns / 2),
            ] {
                let (y, x) = (row + top, column + left)
                let isInside = (0..<height).contains(y) && (0..<width).contains(x)
                #expect(part[channel, row, column] == (isInside ? picture[channel, y, x] : -1))
            }
        }
        #expect(picture.flippedHorizontally()[1, 2, 0] == picture[1, 2, 3])
        #expect(picture.flippedVertically()[1, 0, 2] == picture[1, 2, 2])
    }

    @Test func `images in memory must fit their labels`() throws {
        let set = try ImageSet(images: [1, 2, 3, 4], labels: [0, 1], height: 1, width: 2, classNames: ["a", "b"])
        #expect(set.count == 2 && set.images(at: [1]) == [3, 4])
        #expect(throws: DataError.self) {
            try ImageSet(images: [1, 2, 3], labels: [0, 1], height: 1, width: 2, classNames: ["a", "b"])
        }
        #expect(throws: DataError.self) {
            try ImageSet(images: [1, 2], labels: [2], height: 1, width: 2, classNames: ["a", "b"])
        }
    }

    @Test func `flips and crops move pixels`() {
        #expect(picture.flippedHorizontally().pixels == [3, 2, 1, 6, 5, 4])
        #expect(picture.flippedVertically().pixels == [4, 5, 6, 1, 2, 3])
        #expect(
            picture.cropped(top: -1, left: 1, height: 3, width: 3, filler: 9).pixels == [9, 9, 9, 2, 3, 9, 5, 6, 9])
        #expect(picture.cropped(top: 0, left: 0, height: 2, width: 3) == picture)
    }

    @Test func `bytes and numbers of a tensor become a picture`() throws {
        #expect(try Picture(picture.tensor) == picture)
        #expect(try Picture(Tensor([UInt8(0), 51, 255], shape: [3, 1, 1])).pixels == [0, 0.2, 1])
        #expect(try dataError { try Picture(Tensor([1.0])) }.kind == .argument)
    }

    @Test func `quarter turns are exact`() {
        #expect(square.rotated(degrees: 0) == square)
        let turned = square.rotated(degrees: 90)
        for channel in 0..<2 {
            for row in 0..<3 {
                for column in 0..<3 { #expect(turned[channel, row, column] == square[channel, column, 2 - row]) }
            }
        }
        #expect(turned.rotated(degrees: 90).rotated(degrees: 180) == square)
    }

    @Test func `affine maps move, stretch and lean`() {
        #expect(square.mapped(by: .init(translation: (1, 0)), filler: -1)[0, 0, 0] == -1)
        #expect(square.mapped(by: .init(translation: (1, 0)))[0, 1, 1] == 3)
        #expect(square.mapped(by: .init(translation: (0, 1)))[0, 1, 1] == 1)
        #expect(square.mapped(by: .init(translation: (0.5, 0)))[0, 1, 1] == 3.5)
        // Twice as large: a step of one pixel is half of one in the original.
        #expect(square.mapped(by: .init(scale: 2))[0, 1, 2] == 4.5)
        // 45° of shear: a row below the middle comes from one pixel to the left.
        #expect(square.mapped(by: .init(shear: 45))[0, 2, 1] == 6)
        #expect(square.mapped(by: .init(shear: 45))[0, 0, 1] == 2)
    }

    @Test func `resizing interpolates between the middles of pixels`() {
        let ramp = Picture(channels: 1, height: 1, width: 4, pixels: [0, 1, 2, 3])
        #expect(ramp.resized(height: 1, width: 2).pixels == [0.5, 2.5])
        #expect(ramp.resized(height: 2, width: 4).pixels == [0, 1, 2, 3, 0, 1, 2, 3])
        #expect(ramp.resized(height: 1, width: 8).pixels == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    }

    @Test func `colours change by their formulas`() {
        let colour = Picture(channels: 3, height: 1, width: 1, pixels: [0.5, 0.25, 0.75])
        let grey: Float = 0.299 * 0.5 + 0.587 * 0.25 + 0.114 * 0.75
        #expect(colour.brightened(by: 1.5).pixels == [0.75, 0.375, 1])
        #expect(zip(colour.saturated(by: 0).pixels, [grey, grey, grey]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(zip(colour.contrasted(by: 0).pixels, [grey, grey, grey]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(colour.contrasted(by: 1).pixels.elementsEqual(colour.pixels) { abs($0 - $1) < 1e-6 })
        #expect(colour.normalized(mean: [0.5, 0, 0.5], deviation: [1, 0.5, 0.25]).pixels == [0, 0.5, 1])
        #expect(square.erasing(top: -1, left: 1, height: 2, width: 9, filler: -1).pixels.prefix(4) == [0, -1, -1, 3])
        #expect(square.erasing(top: 9, left: 0, height: 2, width: 2) == square)
    }

    @Test func `changes by chance follow from seed, epoch and sample`() {
        let augment = PictureAugmentation.sequence([
            .crop(height: 3, width: 3, padding: 1), .horizontalFlip(), .verticalFlip(),
            .affine(rotation: 20, translation: (0.1, 0.1), scale: 0.9...1.1, shear: 5),
            .colourJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2), .cutOut(side: 1),
            .mask(rows: 1, columns: 1),
        ])
        func changed(_ seed: Int, _ epoch: Int, _ sample: Int) -> Picture {
            var random = SampleRandom(seed: seed, epoch: epoch, sample: sample)
            return augment(square, &random)
        }
        #expect(changed(1, 2, 3) == changed(1, 2, 3))
        #expect(Set([changed(1, 2, 3), changed(2, 2, 3), changed(1, 3, 3), changed(1, 2, 4)]).count == 4)
        #expect(changed(1, 2, 3).size == [2, 3, 3])
    }

    @Test func `a flip happens as often as it should`() {
        let flip = PictureAugmentation.horizontalFlip(probability: 0.25)
        let flipped = (0..<4000).count { sample in
            var random = SampleRandom(seed: 1, epoch: 0, sample: sample)
            return flip(picture, &random) != picture
        }
        #expect(abs(Double(flipped) - 1000) < 3.3 * 27.4)  // standard deviation √(4000 · ¼ · ¾)
    }

    @Test func `mixing keeps shares that add up to one`() throws {
        var random = SampleRandom(seed: 4, epoch: 0, sample: 0)
        let pictures = (0..<4).map { Picture(channels: 1, height: 1, width: 1, pixels: [Float($0)]) }
        let mixed = try mixUp(pictures, classes: [0, 1, 2, 3], classCount: 4, alpha: 0.4, &random)
        for (picture, shares) in zip(mixed.pictures, mixed.shares) {
            #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
            // Each picture's number is its class, so the mean of classes by their shares is the mixed number.
            #expect(
                abs(picture.pixels[0] - shares.enumerated().reduce(0) { $0 + Float($1.offset) * $1.element }) < 1e-5)
        }
        #expect(try dataError { try mixUp(pictures, classes: [0], classCount: 4, alpha: 1, &random) }.kind == .argument)
    }

    @Test func `the shares of mixing have the moments of the beta distribution`() throws {
        var random = SampleRandom(seed: 9, epoch: 0, sample: 0)
        let pictures = [Picture(channels: 1, height: 1, width: 1, pixels: [0])]
        for alpha in [0.3, 2] {
            // One picture mixes with itself, so look at two; the first may meet itself, which tells nothing.
            var (squares, count) = (0.0, 0)
            for _ in 0..<4000 {
                let mixed = try mixUp(pictures + pictures, classes: [0, 1], classCount: 2, alpha: alpha, &random)
                guard mixed.shares[0][1] > 0 else { continue }
                squares += pow(Double(mixed.shares[0][0]) - 0.5, 2)
                count += 1
            }
            // The variance is 1 / (4 (2α + 1)).
            #expect(abs(squares / Double(count) * 4 * (2 * alpha + 1) - 1) < 0.1, "α = \(alpha)")
        }
    }

    @Test func `sound is shifted, masked and gets noise of its loudness`() {
        let samples = (0..<20_000).map { Float($0 % 2 == 0 ? 0.5 : -0.5) }
        var random = SampleRandom(seed: 1, epoch: 0, sample: 0)
        let noisy = SoundAugmentation.noise(decibels: 10...10)(samples, &random)
        let power = zip(noisy, samples).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) } / 20_000
        #expect(abs(power / 0.025 - 1) < 0.05)
        let shifted = SoundAugmentation.shift(by: 3)([1, 2, 3, 4], &random)
        #expect(shifted.count == 4 && Set(shifted).isSubset(of: [0, 1, 2, 3, 4]))
        let masked = SoundAugmentation.sequence([.mask(atMost: 10), .gain(decibels: 0)])(
            [Float](repeating: 1, count: 20), &random)
        #expect(masked.count { $0 == 0 } <= 10 && masked.count == 20)
        // Of a line through zero in the middle only the slope changes.
        let faster = SoundAugmentation.speed(by: 0.2)((0..<101).map { Float($0 - 50) }, &random)
        let slope = faster[60] / 10
        #expect((0.8...1.2).contains(slope) && slope != 1)
        for place in 20..<80 { #expect(abs(faster[place] - slope * Float(place - 50)) < 1e-4) }
        let louder = SoundAugmentation.gain(decibels: 6)([1], &random)[0]
        #expect((0.5...2).contains(louder))
    }
}

import func Foundation.pow
