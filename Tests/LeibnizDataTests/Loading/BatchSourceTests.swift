import LeibnizData
import TestFiles
import Testing

@Suite struct `Sources of batches` {
    @Test(arguments: [0, 1, 3]) func `compute batches from their places`(_ threads: Int) throws {
        let source = ComputedBatches(count: 5, threads: threads) { epoch, number in "\(epoch).\(number)" }
        let pass = try source.pass(LoaderPosition(epoch: 2, batch: 3))
        #expect(pass.count == 5)
        #expect(try pass.next() == "2.3" && pass.position == LoaderPosition(epoch: 2, batch: 4))
        #expect(try pass.next() == "2.4" && pass.position == LoaderPosition(epoch: 3))
        #expect(try pass.next() == nil)
    }

    @Test func `prepare once for a pass`() throws {
        let source = ComputedBatches<Int>(count: 2) { epoch in
            guard epoch < 1 else { throw DataError(.argument, "no", in: "test", found: "", expected: "") }
            return { $0 * 10 + epoch }
        }
        let pass = try source.pass(LoaderPosition())
        #expect(try [pass.next(), pass.next()] == [0, 10])
        #expect(throws: DataError.self) { try source.pass(LoaderPosition(epoch: 1)) }
    }

    @Test func `repeat what is stored`() throws {
        let source = StoredBatches(["a", "b"])
        for epoch in 0..<2 {
            let pass = source.pass(LoaderPosition(epoch: epoch))
            #expect(try [pass.next(), pass.next(), pass.next()] == ["a", "b", nil])
        }
    }
}

@Suite struct `Moved images` {
    /// Two planes of 3 × 4, each pixel another number above 0.
    private func set() throws -> ImageSet {
        let folder = try TemporaryFolder()
        let count = 40
        let pixels = (0..<count * 12).map { UInt8(1 + $0 % 255) }
        let images = try IDXArray(elementType: .uint8, extents: [count, 3, 4], bytes: pixels)
        let labels = try IDXArray(elementType: .uint8, extents: [count], bytes: (0..<count).map { UInt8($0 % 10) })
        try folder.write(images.encoded, as: "i")
        try folder.write(labels.encoded, as: "l")
        return try ImageSet(
            imagePath: folder.path + "/i", labelPath: folder.path + "/l", classNames: (0..<10).map { "\($0)" })
    }

    @Test func `are the image mirrored or not, and moved by no more than was said`() throws {
        let set = try set()
        let order = [7, 3, 39, 0]
        let batch = set.movedBatch(order, shift: 2, flips: true, seed: 1, epoch: 4)
        let pixels = try batch.images.doubles().map { UInt8($0) }
        #expect(batch.images.shape == [4, 1, 3, 4])
        #expect(try batch.labels.doubles() == [7, 3, 9, 0])
        for (place, index) in order.enumerated() {
            let own = Array(pixels[place * 12..<(place + 1) * 12])
            let source = Array(set.images[index * 12..<(index + 1) * 12])
            var candidates = 0
            for down in -2...2 {
                for right in -2...2 {
                    for mirrored in [false, true] {
                        let expected = (0..<12).map { pixel -> UInt8 in
                            let (row, column) = (pixel / 4, mirrored ? 3 - pixel % 4 : pixel % 4)
                            let (y, x) = (row - down, column - right)
                            return (0..<3).contains(y) && (0..<4).contains(x) ? source[y * 4 + x] : 0
                        }
                        if expected == own { candidates += 1 }
                    }
                }
            }
            #expect(candidates >= 1, "image \(index)")
        }
    }

    @Test func `follow from seed, epoch and number alone`() throws {
        let set = try set()
        func pixels(_ indices: [Int], shift: Int = 1, flips: Bool = true, seed: Int = 1, epoch: Int = 1) throws
            -> [Double]
        {
            try set.movedBatch(indices, shift: shift, flips: flips, seed: seed, epoch: epoch).images.doubles()
        }
        let all = Array(0..<40)
        let whole = try pixels(all)
        #expect(try pixels([5, 6]) == Array(whole[5 * 12..<7 * 12]))
        #expect(try pixels(all, seed: 2) != whole && pixels(all, epoch: 2) != whole)
        #expect(try pixels(all, shift: 0, flips: false) == set.images.map(Double.init))
    }
}
