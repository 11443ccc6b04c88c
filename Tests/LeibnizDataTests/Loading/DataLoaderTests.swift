import Foundation
import LeibnizCore
import LeibnizData
import Synchronization
import Testing

@Suite struct DataLoaderTests {
    struct Numbered: Dataset {
        let count: Int
        var fails: Set<Int> = []
        struct Failure: Error {}
        func sample(at index: Int, random: inout SampleRandom) throws -> [UInt64] {
            if fails.contains(index) { throw Failure() }
            // Threads finish out of turn.
            if index % 7 == 0 { Thread.sleep(forTimeInterval: 0.001) }
            return [UInt64(index), random.next()]
        }
    }

    func batches(_ loader: DataLoader<Numbered, [[UInt64]]>, _ start: LoaderPosition = .init(epoch: 2)) throws
        -> [[[UInt64]]]
    {
        let pass = try loader.pass(start)
        var all: [[[UInt64]]] = []
        while let batch = try pass.next() { all.append(batch) }
        return all
    }

    func loader(
        _ data: Numbered = Numbered(count: 53), _ sampling: Sampling = .shuffled, seed: Int = 1, threads: Int = 2,
        prefetch: Int = 3
    ) throws -> DataLoader<Numbered, [[UInt64]]> {
        try DataLoader(data, sampling: sampling, batchSize: 4, seed: seed, threads: threads, prefetch: prefetch) { $0 }
    }

    @Test func `batches follow from the seed alone, whatever the threads`() throws {
        let expected = try batches(loader(threads: 0))
        #expect(expected.map(\.count) == [Int](repeating: 4, count: 13) + [1])
        #expect(expected.joined().map { Int($0[0]) } == shuffledIndices(53, seed: 1, epoch: 2))
        for threads in [1, 2, 5] {
            for prefetch in [1, 2, 20] {
                #expect(try batches(loader(threads: threads, prefetch: prefetch)) == expected)
            }
        }
        #expect(try batches(loader(seed: 2)) != expected)
        #expect(try batches(loader(), LoaderPosition(epoch: 3)) != expected)
    }

    @Test func `a pass goes on from where it stopped`() throws {
        let whole = try batches(loader())
        for stop in [0, 1, 5, 13] {
            let pass = try loader().pass(LoaderPosition(epoch: 2))
            for _ in 0..<stop { _ = try pass.next() }
            #expect(pass.position == LoaderPosition(epoch: 2, batch: stop))
            #expect(try batches(loader(), pass.position) == Array(whole[stop...]))
        }
        let pass = try loader().pass(LoaderPosition(epoch: 2))
        while try pass.next() != nil {}
        #expect(pass.position == LoaderPosition(epoch: 3))
        #expect(LoaderPosition(pass.position.json) == pass.position)
        #expect(try loader(Numbered(count: 0)).pass().next() == nil)
    }

    @Test(arguments: [0, 2]) func `an error names the sample, and the pass goes on`(threads: Int) throws {
        let pass = try loader(Numbered(count: 12, fails: [6]), .sequential, threads: threads).pass(
            LoaderPosition(epoch: 4))
        #expect(try pass.next()?.count == 4)
        let error = try #require(#expect(throws: SampleError.self) { try pass.next() })
        #expect(error.sample == 6 && error.batch == 1 && error.epoch == 4 && error.cause is Numbered.Failure)
        #expect(error.description.contains("sample 6"))
        #expect(try pass.next()?.map { $0[0] } == [8, 9, 10, 11])
        #expect(try pass.next() == nil)
    }

    @Test func `threads stop ahead of the loop`() throws {
        final class Count: Sendable { let made = Atomic<Int>(0) }
        let count = Count()
        let data = StoredSamples(Array(0..<100))
        let loader = try DataLoader(data, sampling: .sequential, batchSize: 1, threads: 3, prefetch: 5) { batch in
            count.made.add(1, ordering: .relaxed)
            return batch[0]
        }
        let pass = try loader.pass()
        #expect(try pass.next() == 0)
        Thread.sleep(forTimeInterval: 0.1)
        #expect(count.made.load(ordering: .relaxed) <= 6)
        #expect(try pass.next() == 1)
    }

    @Test func `weights are shares`() throws {
        let weights = (0..<10).map { $0 == 3 ? 0.0 : Double($0) }
        let data = StoredSamples(Array(0..<10))
        let loader = try DataLoader(data, sampling: .weighted(weights, count: 42_000), batchSize: 42_000) { $0 }
        let drawn = try #require(try loader.pass().next())
        var counts = [Int](repeating: 0, count: 10)
        for index in drawn { counts[index] += 1 }
        #expect(counts[0] == 0 && counts[3] == 0)
        let chiSquared = (0..<10).reduce(0.0) { sum, index in
            let expected = 1000 * weights[index]
            return expected == 0 ? sum : sum + pow(Double(counts[index]) - expected, 2) / expected
        }
        #expect(chiSquared < 24.3)  // the 0.1 % quantile of χ² with 7 degrees of freedom
        #expect(
            try dataError { try DataLoader(data, sampling: .weighted([1], count: 1), batchSize: 1) { $0 }.pass() }.kind
                == .argument)
    }

    @Test func `every stretch has the classes in their proportion`() throws {
        let classes = (0..<100).map { $0 < 80 ? 0 : 1 }
        let data = StoredSamples(Array(0..<100))
        let loader = try DataLoader(data, sampling: .stratified(classes: classes), batchSize: 10, seed: 3) { $0 }
        let pass = try loader.pass()
        var seen: [Int] = []
        while let batch = try pass.next() {
            #expect(batch.count { classes[$0] == 1 } == 2)
            seen += batch
        }
        #expect(seen.sorted() == Array(0..<100) && seen != Array(0..<100))
    }

    @Test func `parts are disjoint, whole and of their size`() throws {
        for classes in [nil, (0..<101).map { $0 % 3 }] {
            let parts = try randomSplit(101, [0.8, 0.1, 0.1], classes: classes, seed: 5)
            #expect(parts.map(\.count) == [81, 10, 10])
            #expect(parts.flatMap { $0 }.sorted() == Array(0..<101))
            #expect(try randomSplit(101, [0.8, 0.1, 0.1], classes: classes, seed: 6) != parts)
            if let classes {
                #expect((0..<3).allSatisfy { name in (3...4).contains(parts[1].count { classes[$0] == name }) })
            }
            let folds = try kFold(101, folds: 5, classes: classes, seed: 5)
            #expect(folds.flatMap(\.validation).sorted() == Array(0..<101))
            #expect(
                folds.allSatisfy {
                    Set($0.training).isDisjoint(with: $0.validation) && $0.training.count + $0.validation.count == 101
                })
            #expect(folds.allSatisfy { (20...21).contains($0.validation.count) })
        }
        #expect(try dataError { try kFold(3, folds: 4, seed: 0) }.kind == .argument)
        #expect(try dataError { try randomSplit(3, [0, 0], seed: 0) }.kind == .argument)
    }

    @Test func `sequences are filled up, pictures stacked`() throws {
        let padded = Collation.padded([[1, 2, 3], [], [4]], with: -1)
        #expect(padded.values.elementType == .int64)
        #expect(try padded.values.doubles() == [1, 2, 3, -1, -1, -1, 4, -1, -1])
        #expect(try padded.lengths.doubles() == [3, 0, 1])
        #expect(try padded.mask.doubles() == [1, 1, 1, 0, 0, 0, 1, 0, 0])
        let picture = Picture(channels: 1, height: 1, width: 2, pixels: [1, 2])
        #expect(try Collation.stacked([picture, picture]).shape == [2, 1, 1, 2])
        let other = Picture(channels: 1, height: 2, width: 1, pixels: [1, 2])
        #expect(try dataError { try Collation.stacked([picture, other]) }.subject == "picture 1 of the batch")
    }

    @Test func `samples are mapped and chosen`() throws {
        let data = StoredSamples([10, 20, 30]).map { $0 + $1.integer(below: 1) }.selecting([2, 0])
        var random = SampleRandom(seed: 0, epoch: 0, sample: 0)
        #expect(data.count == 2)
        #expect(try data.sample(at: 0, random: &random) == 30)
    }
}
