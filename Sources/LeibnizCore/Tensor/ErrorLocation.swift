import Foundation
import LeibnizKernels
import Runtime
import Synchronization

extension TensorError {
    /// The error with what can be found out about its place: the caller's file and line, and the layer. Costs milliseconds, so it is
    /// only asked of errors.
    ///
    /// The layer is that of a named variable among the operands, else the innermost layers that are being called.
    package func located(among operands: [Tensor] = []) -> TensorError {
        if location != nil { return self }
        let place = CallerPlace.find()
        var error = self
        error.location = place.location
        error.modulePath = modulePath ?? operands.lazy.compactMap(\.layerPath).first ?? place.layerPath
        return error
    }
}

extension TensorError {
    /// Runs `body`; errors that name no place yet get that of the caller.
    static func locating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TensorError {
            throw error.located()
        }
    }
}

extension Tensor {
    /// The layer to which the variable belongs of which this tensor is the value, such as `ConvNet.fc1`.
    fileprivate var layerPath: String? {
        // Views of a variable (a transposed weight) still tell the layer; a longer history would tell a wrong one.
        var node = node
        for _ in 0..<8 {
            if let leaf = node.primitive as? VariableLeaf {
                guard let name = leaf.variable?.name else { return nil }
                let path = name.split(separator: ".").dropLast().joined(separator: ".")
                return path.isEmpty ? name : path
            }
            guard node.primitive is any ViewPrimitive || node.primitive is Argument, let operand = node.operands.first
            else { return nil }
            node = operand
        }
        return nil
    }
}

/// Where in the program the library was called from, as the stack tells it.
struct CallerPlace: Sendable {
    /// File and line of the innermost frame outside Leibniz; without debugging information, the name of its function.
    private(set) var location: String?
    /// The types of the layers that are being called, outermost first: `ConvNet.Linear`.
    private(set) var layerPath: String?
    /// The numbers of the frames whose names are not the library's and whose source is not known yet, innermost first.
    private var outside: [Int] = []

    static func find() -> CallerPlace {
        if isUnderValgrind { return CallerPlace() }
        return images.withLock { images in
            let known = images ?? ImageMap.capture()
            images = known
            guard let trace = try? Backtrace.capture(limit: 128, images: known) else { return CallerPlace() }
            #if DEBUG
                // Finding a frame's source reads the line tables of the whole program, which for all frames of a large one takes a
                // second. Their names are found at once, and where nothing is inlined they tell which source to look for.
                var place = SymbolThread.shared.run { CallerPlace(trace.symbolicated(with: known, options: [])) }
                for number in place?.outside ?? [] {
                    let frame = try? Backtrace.capture(limit: 2, offset: number, top: 0, images: known)
                    let location = SymbolThread.shared.run {
                        frame?.symbolicated(with: known, options: .showSourceLocations)?.frames.first?.symbol
                            .flatMap(Self.location)
                    }
                    guard let location = location.flatMap(\.self) else { continue }
                    place?.location = location
                    break
                }
                return place ?? CallerPlace()
            #else
                return onLargeStack {
                    CallerPlace(trace.symbolicated(with: known, options: [.showInlineFrames, .showSourceLocations]))
                }
            #endif
        }
    }

    private init(_ symbols: SymbolicatedBacktrace? = nil) {
        var (function, layers) = (String?.none, [String]())
        for (number, frame) in (symbols?.frames ?? []).enumerated() {
            guard let symbol = frame.symbol else { continue }
            if let layer = Self.layer(symbol.name), layers.last != layer { layers.append(layer) }
            location = location ?? Self.location(symbol)
            if symbol.sourceLocation == nil, !symbol.isSystemFunction, !Self.isOurs(symbol: symbol.rawName) {
                outside.append(number)
                // Names of C, as that of a main program's top level, say little.
                if symbol.rawName.hasPrefix("$s") { function = function ?? symbol.name }
            }
        }
        location = location ?? function
        if !layers.isEmpty { layerPath = layers.reversed().joined(separator: ".") }
    }

    /// File and line of a symbol outside Leibniz.
    private static func location(_ symbol: SymbolicatedBacktrace.Symbol) -> String? {
        guard let source = symbol.sourceLocation, source.line > 0, !source.path.contains("<"),
            !isOurs(path: source.path)
        else { return nil }
        return "\(source.path.split(separator: "/").last ?? "?"):\(source.line)"
    }

    /// The mapped libraries, as they were when the first caller was looked for; frames of later ones are not told.
    ///
    /// Capturing them reads the headers of every mapped file. Finding symbols maps the program's file once more, and unmaps it when
    /// the thread ends that asked, under the eyes of a capture on another thread, which then faults. So they are captured once, before
    /// any symbol is looked for, and handed to the trace, which would capture them anew; a thread of its own asks for symbols, and the
    /// lock is held until it has ended, or in debug builds waits for the next error.
    private static let images = Mutex(ImageMap?.none)

    /// Whether the process runs under valgrind, in whose address space the unwinder faults: errors then name no place.
    private static let isUnderValgrind = getenv("LD_PRELOAD").map { String(cString: $0).contains("valgrind") } ?? false

    /// The type whose `callAsFunction` a frame runs, if it does: how layers are called.
    private static func layer(_ function: String) -> String? {
        guard let call = function.range(of: ".callAsFunction(") else { return nil }
        let name = function[..<call.lowerBound].split { $0 == "." || $0 == " " }.last.map(String.init)
        // Plain functions are called like this too: only types' names begin with a capital.
        return name.flatMap { $0.first?.isUppercase == true ? $0 : nil }
    }

    /// The library's modules: all below what users write.
    private static let modules = ["Kernels", "Core", "Data", "Learning", "Symbolic", "Insight"].map { "Leibniz\($0)" }

    /// The folder in which the library's sources were compiled.
    private static let sources = String(
        #filePath.prefix(#filePath.count - "LeibnizCore/Tensor/ErrorLocation.swift".count))

    /// Whether a file is the library's. Release builds of the package itself name files from its folder on.
    private static func isOurs(path: String) -> Bool {
        modules.contains { path.hasPrefix(sources + $0 + "/") || path.hasPrefix("Sources/" + $0 + "/") }
    }

    /// Whether a mangled name is the library's or Swift's own.
    private static func isOurs(symbol: String) -> Bool {
        symbol.hasPrefix("$ss") || symbol.hasPrefix("$sS")
            || modules.contains { symbol.hasPrefix("$s\($0.count)\($0)") }
    }
}

#if DEBUG
    /// A thread that finds symbols and never ends: what it has read of the program's debugging information stays for the next error,
    /// which takes a tenth of the time of the first.
    private final class SymbolThread: Sendable {
        static let shared = SymbolThread()
        private let body = Mutex((@Sendable () -> Void)?.none)
        private let isGiven = DispatchSemaphore(value: 0)
        private let isDone = DispatchSemaphore(value: 0)

        private init() {
            let thread = Thread { [self] in
                while true {
                    isGiven.wait()
                    body.withLock { $0.take() }?()
                    isDone.signal()
                }
            }
            // Demangling recurses.
            thread.stackSize = 1 << 24
            thread.start()
        }

        /// Runs a body there and waits for its result. Callers take turns.
        func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
            let result = ResultBox<Result>()
            self.body.withLock { $0 = { result.value.withLock { $0 = body() } } }
            isGiven.signal()
            isDone.wait()
            return result.value.withLock { $0 }
        }

        private final class ResultBox<Result: Sendable>: Sendable {
            let value = Mutex(Result?.none)
        }
    }
#endif
