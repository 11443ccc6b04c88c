// What users import: everything below the command line.
@_exported import LeibnizCore
@_exported import LeibnizData
@_exported import LeibnizInsight
@_exported import LeibnizLearning
@_exported import LeibnizSymbolic
