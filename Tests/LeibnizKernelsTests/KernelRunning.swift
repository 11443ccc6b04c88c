import LeibnizKernels
import Testing

/// Runs a kernel on buffers of the given sizes, aligned as kernels expect, and returns all of them afterwards.
func runKernel(_ kernel: any Kernel, buffers contents: [[UInt8]], threads: Int = 1) -> ([[UInt8]], KernelStatus) {
    let addresses = contents.map { bytes in
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 64), alignment: 64)
        memory.copyMemory(from: bytes, byteCount: bytes.count)
        return memory
    }
    defer { for address in addresses { address.deallocate() } }
    var status = KernelStatus()
    kernel.run(addresses, status: &status, pool: ThreadPool(count: threads))
    let results = zip(addresses, contents).map { address, bytes in
        Array(UnsafeRawBufferPointer(start: address, count: bytes.count))
    }
    return (results, status)
}

/// The bytes of an array of numbers.
func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] {
    numbers.withUnsafeBytes { Array($0) }
}

/// Numbers read from bytes.
func numbers<Number: BitwiseCopyable>(_ bytes: [UInt8], as type: Number.Type) -> [Number] {
    bytes.withUnsafeBytes { raw in
        (0..<bytes.count / MemoryLayout<Number>.stride).map {
            raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.stride, as: type)
        }
    }
}

/// A small reproducible generator (SplitMix64, Steele et al. 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Runs a kernel of a nest: `inputs` holds the bytes of input and update buffers; outputs start as 0xA5 everywhere.
/// Returns the bytes of output and update buffers. Records an issue if memory around a buffer, or an input, has changed.
func run(
    _ nest: LoopNest, _ kernel: any Kernel, _ inputs: [Int: [UInt8]], threads: Int = 1
) -> (outputs: [Int: [UInt8]], status: KernelStatus) {
    let fence = [UInt8](repeating: 0x5A, count: 64)
    let contents = nest.buffers.enumerated().map { number, buffer in
        inputs[number] ?? [UInt8](repeating: 0xA5, count: buffer.count * buffer.type.byteCount)
    }
    let blocks = contents.map { bytes in
        let block = UnsafeMutableRawPointer.allocate(byteCount: bytes.count + 128, alignment: 64)
        block.copyMemory(from: fence + bytes + fence, byteCount: bytes.count + 128)
        return block
    }
    defer { for block in blocks { block.deallocate() } }
    var status = KernelStatus()
    kernel.run(blocks.map { $0 + 64 }, status: &status, pool: ThreadPool(count: threads))
    var outputs: [Int: [UInt8]] = [:]
    for (number, (block, before)) in zip(blocks, contents).enumerated() {
        let after = Array(UnsafeRawBufferPointer(start: block, count: before.count + 128))
        if Array(after.prefix(64)) != fence || Array(after.suffix(64)) != fence {
            Issue.record("memory around buffer \(number) of \(nest.name) was written to")
        }
        let bytes = Array(after.dropFirst(64).dropLast(64))
        if nest.buffers[number].role != .input {
            outputs[number] = bytes
        } else if bytes != before {
            Issue.record("input \(number) of \(nest.name) was written to")
        }
    }
    return (outputs, status)
}
