import LeibnizData
import Testing

@Suite struct ShuffleTests {
    @Test(arguments: [0, 1, 2, 3, 64, 1000]) func `an order visits every example once`(count: Int) {
        for epoch in 0..<3 {
            #expect(shuffledIndices(count, seed: 7, epoch: epoch).sorted() == Array(0..<count))
        }
    }

    @Test func `an order follows from seed and epoch alone`() async {
        let expected = shuffledIndices(500, seed: -3, epoch: 2)
        let orders = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 { group.addTask { shuffledIndices(500, seed: -3, epoch: 2) } }
            return await group.reduce(into: [[Int]]()) { $0.append($1) }
        }
        #expect(orders == [[Int]](repeating: expected, count: 8))
        // From a second implementation, in Python: no change of ours or of Swift's passes unseen.
        #expect(shuffledIndices(10, seed: 0, epoch: 0) == [1, 4, 5, 0, 7, 6, 9, 8, 2, 3])
    }

    @Test func `seeds and epochs give orders of their own`() {
        var orders: Set<[Int]> = []
        for seed in -10...10 { for epoch in 0...20 { orders.insert(shuffledIndices(50, seed: seed, epoch: epoch)) } }
        #expect(orders.count == 21 * 21)
    }

    @Test func `every order of four is as likely as any other`() {
        var counts: [[Int]: Int] = [:]
        let draws = 24_000
        for epoch in 0..<draws { counts[shuffledIndices(4, seed: 1, epoch: epoch), default: 0] += 1 }
        let expected = Double(draws) / 24
        let chiSquared = counts.values.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(counts.count == 24)
        #expect(chiSquared < 49.7)  // the 0.1 % quantile of χ² with 23 degrees of freedom
    }
}

@Suite struct BatchesTests {
    @Test(arguments: [0, 1, 5, 6, 7, 64], [1, 2, 3, 7, 100, Int.max])
    func `batches cover the examples in order, all but the last full`(count: Int, size: Int) throws {
        let kept = try Batches(of: count, size: size)
        #expect(kept.flatMap { Array($0) } == Array(0..<count))
        #expect(kept.dropLast().allSatisfy { $0.count == size })
        #expect(kept.allSatisfy { !$0.isEmpty })
        let dropped = try Batches(of: count, size: size, remainder: .dropped)
        #expect(Array(dropped) == kept.filter { $0.count == size })
    }

    @Test func `sizes below one and negative counts are refused`() throws {
        #expect(try dataError { try Batches(of: 10, size: 0) }.exitStatus == 64)
        #expect(try dataError { try Batches(of: 10, size: -4) }.found == "-4")
        #expect(try dataError { try Batches(of: -1, size: 4) }.subject == "exampleCount")
    }
}
