"""What one form of a product gives of another: conversion ranges, with their source."""
